//! How posts change: a post that has begun is never taken away, it ends by its last day, so that it
//! can always be told who was bound to a grid on a day.

use super::area::Validity;
use super::people::{DutyHours, Post};
use super::position::Position;
use crate::domain::id::AreaCode;
use crate::domain::time::Day;

/// Why posts cannot change so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostFault {
    #[error("there is no such post")]
    NoPost,
    #[error("the last day is before the first")]
    Empty,
    /// The place in the list, counted from 0, of the post that is in the way.
    #[error("the same post is held then already")]
    Overlaps(usize),
    #[error("the post has ended")]
    Ended,
    #[error("the post has begun and can only be ended")]
    Begun,
    #[error("the post would end on the day that it began")]
    MovesAtOnce,
    #[error("the post is there already")]
    SamePlace,
}

/// How a post stands on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostStanding {
    Coming,
    Current,
    Ended,
}

/// How a post stands on a day.
pub fn standing(post: &Post, today: Day) -> PostStanding {
    match (post.validity.from, post.validity.to) {
        (_, Some(to)) if to < today => PostStanding::Ended,
        (Some(from), _) if from > today => PostStanding::Coming,
        _ => PostStanding::Current,
    }
}

/// The first post that somebody holds twice on one day, in the order of worker, area and role.
pub fn find_double(posts: &[Post]) -> Option<&Post> {
    let key =
        |post: &&Post| (post.worker, post.area.clone(), post.role.clone(), post.validity.from);
    let mut in_order: Vec<&Post> = posts.iter().collect();
    in_order.sort_by_key(key);
    let same = |a: &Post, b: &Post| (a.worker, &a.area, &a.role) == (b.worker, &b.area, &b.role);
    let mut held: Option<&Post> = None;
    for post in in_order {
        match held {
            Some(before) if same(before, post) && before.validity.overlaps(post.validity) => {
                return Some(post);
            }
            // Of two that do not overlap the later one ends last.
            _ => held = Some(post),
        }
    }
    None
}

fn check(posts: &[Post], new: &Post, own: Option<usize>) -> Result<(), PostFault> {
    if new.validity.is_empty() {
        return Err(PostFault::Empty);
    }
    let in_the_way = posts.iter().enumerate().find(|(place, post)| {
        Some(*place) != own
            && post.area == new.area
            && post.role == new.role
            && post.validity.overlaps(new.validity)
    });
    match in_the_way {
        Some((place, _)) => Err(PostFault::Overlaps(place)),
        None => Ok(()),
    }
}

fn running(posts: &[Post], place: usize, today: Day) -> Result<&Post, PostFault> {
    let post = posts.get(place).ok_or(PostFault::NoPost)?;
    match standing(post, today) {
        PostStanding::Ended => Err(PostFault::Ended),
        _ => Ok(post),
    }
}

fn with(posts: &[Post], place: usize, post: Post) -> Vec<Post> {
    let mut posts = posts.to_vec();
    posts[place] = post;
    posts
}

/// Adds a post.
///
/// # Errors
/// It holds on no day, or the same role in the same grid is held on one of its days.
pub fn begin_post(posts: &[Post], new: Post) -> Result<Vec<Post>, PostFault> {
    check(posts, &new, None)?;
    Ok(posts.iter().cloned().chain([new]).collect())
}

/// What of a post may change while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct PostDetails {
    pub duties: String,
    pub hours: DutyHours,
    pub station: Option<Position>,
}

/// Changes what may change of a post; whose it is, where, as what and since when stays.
///
/// # Errors
/// There is no such post, or it has ended.
pub fn change_post(
    posts: &[Post],
    place: usize,
    details: PostDetails,
    today: Day,
) -> Result<Vec<Post>, PostFault> {
    let post = running(posts, place, today)?.clone();
    let PostDetails { duties, hours, station } = details;
    Ok(with(posts, place, Post { duties, hours, station, ..post }))
}

/// Sets the last day of a post that has not ended; `None` lets it go on.
///
/// # Errors
/// There is no such post, it has ended, the day is before its first, or it would run into another.
pub fn end_post(
    posts: &[Post],
    place: usize,
    last: Option<Day>,
    today: Day,
) -> Result<Vec<Post>, PostFault> {
    let post = running(posts, place, today)?.clone();
    let validity = Validity { to: last, ..post.validity };
    let post = Post { validity, ..post };
    check(posts, &post, Some(place))?;
    Ok(with(posts, place, post))
}

/// Takes away a post that has not begun.
///
/// # Errors
/// There is no such post, or it has begun.
pub fn drop_post(posts: &[Post], place: usize, today: Day) -> Result<Vec<Post>, PostFault> {
    match standing(posts.get(place).ok_or(PostFault::NoPost)?, today) {
        PostStanding::Coming => {}
        PostStanding::Current => return Err(PostFault::Begun),
        PostStanding::Ended => return Err(PostFault::Ended),
    }
    let mut posts = posts.to_vec();
    posts.remove(place);
    Ok(posts)
}

/// Moves a post to another grid from a day on: it ends on the day before, and the same post begins
/// there, with the same last day. Where its holder stood in the old grid is forgotten.
///
/// # Errors
/// There is no such post, it has ended by that day, it does not begin before it, it is in that grid
/// already, or the same role there is held on one of its days.
pub fn move_post(
    posts: &[Post],
    place: usize,
    to: AreaCode,
    from: Day,
    today: Day,
) -> Result<Vec<Post>, PostFault> {
    let post = running(posts, place, today)?.clone();
    if post.area == to {
        return Err(PostFault::SamePlace);
    }
    if post.validity.from.is_some_and(|began| began >= from) {
        return Err(PostFault::MovesAtOnce);
    }
    if post.validity.to.is_some_and(|last| last < from) {
        return Err(PostFault::Ended);
    }
    let validity = Validity { from: Some(from), to: post.validity.to };
    let moved = Post { area: to, validity, station: None, ..post.clone() };
    let left = Validity { to: Some(Day(from.0 - 1)), ..post.validity };
    begin_post(&with(posts, place, Post { validity: left, ..post }), moved)
}

/// Ends all posts by a day: those that go on beyond it get it as their last day, and those that
/// were to begin after it are taken away. What has ended stays as it was.
///
/// # Errors
/// A post that goes on began after that day.
pub fn end_all(posts: &[Post], last: Day, today: Day) -> Result<Vec<Post>, PostFault> {
    let mut left = Vec::with_capacity(posts.len());
    for post in posts {
        let begins_later = post.validity.from.is_some_and(|from| from > last);
        match standing(post, today) {
            PostStanding::Ended => left.push(post.clone()),
            PostStanding::Coming if begins_later => {}
            _ if begins_later => return Err(PostFault::Empty),
            _ => {
                let to = post.validity.to.map_or(last, |to| to.min(last));
                let validity = Validity { to: Some(to), ..post.validity };
                left.push(Post { validity, ..post.clone() });
            }
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::WorkerId;

    fn post(area: &str, from: Option<i32>, to: Option<i32>) -> Post {
        Post {
            worker: WorkerId(1),
            area: AreaCode::parse(area).unwrap(),
            role: "网格员".into(),
            duties: String::new(),
            validity: Validity { from: from.map(Day), to: to.map(Day) },
            hours: DutyHours::default(),
            station: Position::new(113.6, 34.7).ok(),
        }
    }

    fn days(posts: &[Post]) -> Vec<(&str, Option<i32>, Option<i32>)> {
        let told = |post: &Post| {
            let Validity { from, to } = post.validity;
            (from.map(|d| d.0), to.map(|d| d.0))
        };
        posts.iter().map(|p| (p.area.as_str(), told(p).0, told(p).1)).collect()
    }

    const TODAY: Day = Day(100);

    #[test]
    fn the_same_post_is_not_held_twice_on_one_day() {
        for (own, new, fits) in [
            ((None, None), (Some(5), None), false),
            ((Some(1), Some(4)), (Some(4), None), false),
            ((Some(1), Some(4)), (Some(5), None), true),
            ((Some(9), None), (None, Some(8)), true),
            ((Some(9), None), (None, Some(9)), false),
            ((Some(1), Some(9)), (Some(3), Some(4)), false),
        ] {
            let posts = [post("a", own.0, own.1)];
            let got = begin_post(&posts, post("a", new.0, new.1));
            assert_eq!(got.is_ok(), fits, "{own:?} {new:?}");
            // The slow truth: day by day.
            let both = (-5..20).any(|d| {
                posts[0].validity.holds_on(Day(d))
                    && post("a", new.0, new.1).validity.holds_on(Day(d))
            });
            assert_eq!(both, !fits, "{own:?} {new:?}");
            let listed = [post("a", new.0, new.1), post("b", own.0, own.1), posts[0].clone()];
            assert_eq!(find_double(&listed).is_some(), !fits, "{own:?} {new:?}");
            begin_post(&posts, post("b", new.0, new.1)).unwrap();
        }
        assert_eq!(begin_post(&[], post("a", Some(5), Some(4))), Err(PostFault::Empty));
    }

    #[test]
    fn a_moved_post_ends_the_day_before_and_keeps_its_last_day() {
        let posts = [post("a", Some(1), Some(300))];
        let moved = move_post(&posts, 0, AreaCode::parse("b").unwrap(), Day(120), TODAY).unwrap();
        assert_eq!(days(&moved), [("a", Some(1), Some(119)), ("b", Some(120), Some(300))]);
        assert_eq!(moved[1].station, None);
        for day in 0..400 {
            let held = moved.iter().filter(|post| post.validity.holds_on(Day(day))).count();
            assert_eq!(held == 1, posts[0].validity.holds_on(Day(day)), "day {day}");
        }
        let to = |area: &str, from: i32| {
            move_post(&posts, 0, AreaCode::parse(area).unwrap(), Day(from), TODAY)
        };
        assert_eq!(to("a", 120), Err(PostFault::SamePlace));
        assert_eq!(to("b", 1), Err(PostFault::MovesAtOnce));
        assert_eq!(to("b", 301), Err(PostFault::Ended));
    }

    #[test]
    fn what_has_begun_is_ended_and_what_has_ended_stays() {
        let posts =
            [post("a", Some(1), None), post("b", Some(1), Some(99)), post("c", Some(101), None)];
        assert_eq!(drop_post(&posts, 0, TODAY), Err(PostFault::Begun));
        assert_eq!(drop_post(&posts, 1, TODAY), Err(PostFault::Ended));
        assert_eq!(drop_post(&posts, 2, TODAY).unwrap().len(), 2);
        assert_eq!(drop_post(&posts, 3, TODAY), Err(PostFault::NoPost));
        assert_eq!(end_post(&posts, 1, Some(Day(200)), TODAY), Err(PostFault::Ended));
        assert_eq!(end_post(&posts, 0, Some(Day(0)), TODAY), Err(PostFault::Empty));
        let ended = end_post(&posts, 0, Some(Day(90)), TODAY).unwrap();
        assert_eq!(days(&ended)[0], ("a", Some(1), Some(90)));
        let details =
            PostDetails { duties: "x".into(), hours: DutyHours::default(), station: None };
        assert_eq!(change_post(&posts, 1, details.clone(), TODAY), Err(PostFault::Ended));
        assert_eq!(change_post(&posts, 0, details, TODAY).unwrap()[0].duties, "x");
    }

    #[test]
    fn who_leaves_holds_nothing_after_the_last_day() {
        let posts = [
            post("a", None, None),
            post("b", Some(1), Some(50)),
            post("c", Some(150), None),
            post("d", Some(90), Some(200)),
        ];
        let left = end_all(&posts, Day(110), TODAY).unwrap();
        assert_eq!(
            days(&left),
            [("a", None, Some(110)), ("b", Some(1), Some(50)), ("d", Some(90), Some(110))]
        );
        for day in 0..300 {
            let now = left.iter().filter(|post| post.validity.holds_on(Day(day))).count();
            let before = posts.iter().filter(|post| post.validity.holds_on(Day(day))).count();
            assert_eq!(now, if day <= 110 { before } else { 0 }, "day {day}");
        }
        assert_eq!(end_all(&posts, Day(80), TODAY), Err(PostFault::Empty));
        // What ended before is history, whatever day is named.
        let ended = [post("a", Some(50), Some(60)), post("b", Some(1), None)];
        let told = end_all(&ended, Day(40), TODAY).unwrap();
        assert_eq!(days(&told), [("a", Some(50), Some(60)), ("b", Some(1), Some(40))]);
    }
}
