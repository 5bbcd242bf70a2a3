//! A store that speaks S3's protocol and checks signatures, for as long as these tests run; what is in it are files.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// The id and the secret that the store knows; `docs/outgrowing.md` has the same.
pub const KEYS: [&str; 2] = ["station", "secret"];
/// What the names of all objects begin with.
const PREFIX: &str = "stm32/eu";

/// A store of its own.
pub struct Bucket {
    folder: TempDir,
    pub url: String,
    /// Dropped, it ends the store.
    _end: oneshot::Sender<()>,
}

impl Bucket {
    /// A store with one bucket.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEYS[0], KEYS[1]));
        let (tell_port, port) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel::<()>();
        let service = service.build();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell_port.send(listener.local_addr().unwrap().port()).unwrap();
                tokio::select! {
                    () = serve(listener, service) => {}
                    _ = ended => {}
                }
            });
        });
        fs::create_dir(folder.path().join("releases")).unwrap();
        let port = port.recv().unwrap();
        Self { folder, url: format!("s3://releases/{PREFIX}?endpoint=http://127.0.0.1:{port}"), _end: end }
    }

    /// Removes all that is in the bucket.
    pub fn clear(&self) {
        fs::remove_dir_all(self.folder.path().join("releases").join(PREFIX)).unwrap();
    }

    fn objects(&self, bucket: &str, what: &str) -> usize {
        let folder = self.folder.path().join(bucket).join(PREFIX).join(what);
        // There is no folder for nothing.
        fs::read_dir(folder).map_or(0, Iterator::count)
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone()));
    }
}

/// The store that all tests share, each with a bucket of its own.
fn shared() -> &'static Bucket {
    static SHARED: OnceLock<Bucket> = OnceLock::new();
    SHARED.get_or_init(Bucket::start)
}

/// The address of a new bucket.
pub fn fresh() -> Option<String> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("releases-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    fs::create_dir(shared().folder.path().join(&name)).unwrap();
    Some(shared().url.replace("//releases/", &format!("//{name}/")))
}

/// How many objects there are whose names begin with `what`.
pub fn count(_folder: &Path, url: Option<&str>, what: &str) -> usize {
    let bucket = url.unwrap().trim_start_matches("s3://").split('/').next().unwrap();
    shared().objects(bucket, what)
}
