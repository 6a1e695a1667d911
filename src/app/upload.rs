//! Files on their way: sent in chunks that any node takes, checked by their hash when they are
//! whole, and taken by the report or the action that names them. What was answered is on disk.

use super::attach::attachment_of;
use super::ctx::Ctx;
use super::error::{AppError, say};
use super::photo::{Processed, Variant};
use super::report::PHOTOS_MAX;
use crate::domain::access::Actor;
use crate::domain::audit::Hash;
use crate::domain::id::{AttachmentId, IssueId};
use crate::domain::time::Timestamp;
use crate::store::change::Attachment;
use crate::store::upload::{Opened, UploadBounds, UploadRow};
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// The largest chunk, in bytes.
pub const CHUNK_BYTES_MAX: usize = 1 << 20;
/// The largest voice note, in bytes: two minutes of speech are well below it.
pub const VOICE_BYTES_MAX: i64 = 3 << 20;
/// The purpose of a voice note among what belongs to an issue.
pub const VOICE: &str = "voice";
/// The files that one action or report may name: photos and a voice note.
pub const FILES_MAX: usize = PHOTOS_MAX + 1;
/// Whose uploads are whose, where nobody is named.
const ANONYMOUS: &str = "anonymous";
/// What one account may have on its way: four full reports.
const OWNER: UploadBounds =
    UploadBounds { owner_files_max: 60, owner_bytes_max: 256 << 20, total_bytes_max: 4 << 30 };
/// What all who are not named may have on their way together.
const NOBODY: UploadBounds =
    UploadBounds { owner_files_max: 2_000, owner_bytes_max: 1 << 30, total_bytes_max: 4 << 30 };

/// A file that is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Of the whole file, in hexadecimal.
    pub sha256: String,
    pub size_bytes: i64,
    /// `image/…` or `audio/…`; what the file is, its bytes tell later.
    pub media_type: String,
    /// The report will name nobody, so the upload does not either.
    pub anonymous: bool,
}

/// How far a file has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub id: String,
    pub offset: i64,
    pub size_bytes: i64,
}

/// Why a chunk is not taken.
#[derive(Debug)]
pub enum UploadError {
    App(AppError),
    /// The file has come to another place.
    Offset(i64),
    /// The file is whole and is not the one that was announced; it begins anew.
    Hash,
}

impl<E: Into<AppError>> From<E> for UploadError {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

/// A file that was taken up, checked.
pub enum File {
    Photo(Box<Processed>),
    Voice(Voice),
}

/// A voice note.
pub struct Voice {
    pub sha256: String,
    pub media_type: &'static str,
    pub bytes: Bytes,
}

fn progress(row: UploadRow) -> Progress {
    Progress { id: row.id, offset: row.received_bytes, size_bytes: row.size_bytes }
}

/// The id of an owner's upload: a phone that lost the answer, or forgot, finds it again.
fn id_of(owner: &str, sha256: &str) -> String {
    hex::encode(&Sha256::digest(format!("{owner}\n{sha256}"))[..16])
}

fn is_voice(media_type: &str) -> bool {
    media_type.starts_with("audio/")
}

fn check_announced(ctx: &Ctx, new: &Announced) -> Result<Hash, AppError> {
    let kind = new.media_type.as_str();
    if !is_voice(kind) && !kind.starts_with("image/") {
        let says = say("只接收照片和语音", "Only photos and voice notes are taken");
        return Err(AppError::UnsupportedMedia(says));
    }
    let photo_max = i64::try_from(ctx.photos.limits().photo_bytes_max).unwrap_or(i64::MAX);
    let bytes_max = if is_voice(kind) { VOICE_BYTES_MAX } else { photo_max };
    if new.size_bytes > bytes_max {
        let (zh, en) = (format!("文件过大：不超过 {} MB", bytes_max >> 20), bytes_max);
        return Err(AppError::TooLarge(say(zh, format!("A file has at most {en} bytes"))));
    }
    if new.size_bytes < 1 {
        return Err(AppError::field("size", say("文件是空的", "The file is empty")));
    }
    Hash::parse(&new.sha256).ok_or_else(|| {
        let says = say("须为 64 位十六进制的 SHA-256", "This must be a SHA-256 in hexadecimal");
        AppError::field("sha256", says)
    })
}

/// Opens an upload, or finds how far the same one has come.
///
/// # Errors
/// The file is too large or of no known kind, or too much is on its way already.
pub async fn open_upload(ctx: &Ctx, actor: &Actor, new: &Announced) -> Result<Progress, AppError> {
    let sha256 = check_announced(ctx, new)?.to_string();
    let account = actor.account().filter(|_| !new.anonymous);
    let owner = account.map_or(ANONYMOUS.to_owned(), |id| id.to_string());
    let row = UploadRow {
        id: id_of(&owner, &sha256),
        owner,
        sha256,
        size_bytes: new.size_bytes,
        received_bytes: 0,
        at: ctx.now(),
    };
    let bounds = if account.is_some() { OWNER } else { NOBODY };
    match ctx.store.open_upload(row, bounds).await? {
        Opened::At(row) if row.size_bytes == new.size_bytes => Ok(progress(row)),
        Opened::At(_) => {
            let says = say("同一文件的大小与先前不符", "The same file was announced otherwise");
            Err(AppError::field("size", says))
        }
        Opened::OwnerFull => Err(AppError::Throttled { retry_after_s: 600 }),
        Opened::Full => Err(AppError::Unavailable("too many files are on their way".into())),
    }
}

/// One's own upload, or one of nobody's: its id cannot be guessed without the file.
async fn find_own(ctx: &Ctx, actor: &Actor, id: &str) -> Result<UploadRow, AppError> {
    let own = actor.account().map(|id| id.to_string());
    let is_own = |row: &UploadRow| row.owner == ANONYMOUS || own.as_ref() == Some(&row.owner);
    let row = ctx.store.find_upload(id).await?.filter(is_own);
    row.ok_or_else(|| {
        let says = say("没有这个上传，请重新上传", "There is no such upload; begin it again");
        AppError::NotFound(says)
    })
}

/// How far an upload has come.
///
/// # Errors
/// There is none, or it is another's.
pub async fn find_upload(ctx: &Ctx, actor: &Actor, id: &str) -> Result<Progress, AppError> {
    find_own(ctx, actor, id).await.map(progress)
}

/// Takes the next bytes. A whole file is held against the hash that was announced; nothing sent to
/// a whole file is taken.
///
/// # Errors
/// The bytes belong elsewhere, are too many, or the whole is another file.
pub async fn append_chunk(
    ctx: &Ctx,
    actor: &Actor,
    (id, start): (&str, i64),
    body: Bytes,
) -> Result<Progress, UploadError> {
    let row = find_own(ctx, actor, id).await?;
    let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
    if start != row.received_bytes {
        return Err(UploadError::Offset(row.received_bytes));
    }
    if length > row.size_bytes - start {
        let says = say("超出所报的文件大小", "This goes beyond the size that was announced");
        return Err(AppError::field("offset", says).into());
    }
    if length > 0 && !ctx.store.append_upload(id, start, body.to_vec()).await? {
        let now = find_own(ctx, actor, id).await?;
        return Err(UploadError::Offset(now.received_bytes));
    }
    let row = UploadRow { received_bytes: start + length, ..row };
    if row.received_bytes == row.size_bytes && length > 0 {
        let bytes = ctx.store.load_upload(id).await?;
        if Hash(Sha256::digest(&bytes).into()).to_string() != row.sha256 {
            ctx.store.restart_upload(id).await?;
            return Err(UploadError::Hash);
        }
    }
    Ok(progress(row))
}

/// What the bytes of a voice note are, whatever they were declared as: WebM (RFC 9559), Ogg
/// (RFC 3533), or a file of the ISO base media format (ISO/IEC 14496-12).
fn sniff_voice(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("audio/webm"),
        [b'O', b'g', b'g', b'S', ..] => Some("audio/ogg"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("audio/mp4"),
        _ => None,
    }
}

async fn read_file(ctx: &Ctx, actor: &Actor, id: &str) -> Result<File, AppError> {
    let wrong = |zh: &str, en: &str| AppError::field("uploads", say(zh, en));
    let missing =
        || wrong("上传不存在或已过期，请重新上传", "An upload is gone; send the file again");
    let row = find_own(ctx, actor, id).await.map_err(|error| match error {
        AppError::NotFound(_) => missing(),
        other => other,
    })?;
    if row.received_bytes != row.size_bytes {
        return Err(wrong("上传尚未完成", "An upload is not complete"));
    }
    let bytes = Bytes::from(ctx.store.load_upload(id).await?);
    let sha256 = Hash(Sha256::digest(&bytes).into()).to_string();
    if sha256 != row.sha256 {
        return Err(missing());
    }
    match sniff_voice(&bytes) {
        Some(_) if row.size_bytes > VOICE_BYTES_MAX => {
            Err(AppError::TooLarge(say("语音过长", "The voice note is too long")))
        }
        Some(media_type) => Ok(File::Voice(Voice { sha256, media_type, bytes })),
        None => Ok(File::Photo(Box::new(ctx.photos.process(bytes).await?))),
    }
}

/// Reads and checks the files that a report or an action names, up to nine photos and one voice
/// note, `photos` of which came by another way.
///
/// # Errors
/// A file is not there, not whole, too much, or no photo and no voice.
pub async fn read_files(
    ctx: &Ctx,
    actor: &Actor,
    ids: &[String],
    photos: usize,
) -> Result<Vec<File>, AppError> {
    if ids.len() > FILES_MAX {
        let says = say(format!("至多 {FILES_MAX} 个文件"), format!("At most {FILES_MAX} files"));
        return Err(AppError::field("uploads", says));
    }
    let mut files = Vec::with_capacity(ids.len());
    for id in ids {
        files.push(read_file(ctx, actor, id).await?);
    }
    let voices = files.iter().filter(|file| matches!(file, File::Voice(_))).count();
    if voices > 1 || photos + files.len() - voices > PHOTOS_MAX {
        let en = format!("At most {PHOTOS_MAX} photos and one voice note");
        let zh = format!("至多 {PHOTOS_MAX} 张照片和一段语音");
        return Err(AppError::field("uploads", say(zh, en)));
    }
    Ok(files)
}

/// Keeps a file's bytes and gives its record; its issue is still to be set.
///
/// # Errors
/// The store of photos is not available.
pub async fn keep_file(
    ctx: &Ctx,
    file: &File,
    purpose: &str,
    at: Timestamp,
) -> Result<Attachment, AppError> {
    match file {
        File::Photo(photo) => {
            ctx.photos.keep(photo).await?;
            Ok(attachment_of(ctx, photo, purpose, at))
        }
        File::Voice(voice) => {
            let store = ctx.photos.store();
            store.put(&voice.sha256, Variant::Original, voice.bytes.clone()).await?;
            Ok(Attachment {
                id: AttachmentId(ctx.new_uuid().as_u128()),
                issue: IssueId(0),
                sha256: voice.sha256.clone(),
                media_type: voice.media_type.to_owned(),
                size_bytes: i64::try_from(voice.bytes.len()).unwrap_or(i64::MAX),
                width: 0,
                height: 0,
                purpose: VOICE.to_owned(),
                at,
                taken_at: None,
                taken_position: None,
            })
        }
    }
}

/// The files that come with a report.
#[derive(Default)]
pub struct Brought {
    pub photos: Vec<Processed>,
    /// Ids of uploads that are whole.
    pub uploads: Vec<String>,
}

impl Brought {
    pub fn is_empty(&self) -> bool {
        self.photos.is_empty() && self.uploads.is_empty()
    }
}

/// Keeps the bytes of all files that come with a report, and gives their records.
///
/// # Errors
/// As for [`read_files`] and [`keep_file`].
pub async fn keep_brought(
    ctx: &Ctx,
    actor: &Actor,
    brought: &Brought,
    at: Timestamp,
) -> Result<Vec<Attachment>, AppError> {
    let files = read_files(ctx, actor, &brought.uploads, brought.photos.len()).await?;
    let mut kept = Vec::with_capacity(brought.photos.len() + files.len());
    for photo in &brought.photos {
        ctx.photos.keep(photo).await?;
        kept.push(attachment_of(ctx, photo, "report", at));
    }
    for file in &files {
        kept.push(keep_file(ctx, file, "report", at).await?);
    }
    Ok(kept)
}
