//! Splitting a history by a seed, so that what is learned from can be kept apart from what is
//! tested on.

/// SplitMix64 (Steele, Lea, Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Which of `n` cases to learn from: `share` of them, rounded, drawn by `seed` (the shuffle of
/// Fisher and Yates). The others are for testing.
pub fn split(n: usize, share: f64, seed: u64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut state = seed;
    for i in (1..n).rev() {
        let below = u128::from(next(&mut state)) * (i as u128 + 1);
        order.swap(i, (below >> 64) as usize);
    }
    let taken = (n as f64 * share.clamp(0.0, 1.0)).round() as usize;
    let mut learns = vec![false; n];
    order.iter().take(taken).for_each(|&i| learns[i] = true);
    learns
}
