//! A shop with real data behind the console: orders that were imported, a household, a number that passed on, doubts, staff of several
//! roles. Used by the tests, by the pictures and by whoever wants to look.
#![allow(dead_code, clippy::unwrap_used)] // each user takes a part; a test that cannot go on has failed

use std::{
    fs,
    future::Future,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use app::{App, Config};
use base::{Actor, Clock, Context, FrozenClock, Secret, Timestamp};
use history::Source;
use identity::{Role, ShopView};
use testkit::{
    postgres,
    timelines::{self, OrderFile, Profile, Row, Timelines},
};
use warehouse::{Input, Request};

pub const PASSWORD: &str = "correct horse battery";

/// Which database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    Sqlite,
    Postgres,
}

pub const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// An installation with one shop in it.
pub struct House {
    pub app: App,
    pub shop: ShopView,
    pub runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
    _database: Option<postgres::Database>,
}

/// People that tests ask for by name. Two share a home line, one number passed on after a long silence.
pub const ORDERS: &str = "\
order_id,ordered_at,number,name,email,address,postcode,country,loyalty_id,sku,product,quantity,unit_price,amount,currency,status,store
K-1,2023-02-03,040 555 0101,Aino Virtanen,aino.virtanen@mail.example,Kalevankatu 12 B 4,00100,FI,KK-20718,LIN-0412,\"Linen shirt, sage\",1,59.90,59.90,EUR,paid,
K-2,2024-06-10,+358 40 5550101,A. Virtanen,aino.virtanen@mail.example,Kalevankatu 12 B 4,00100,FI,KK-20718,SOC-0021,Wool socks,2,12.40,24.80,EUR,paid,\"Helsinki, Forum\"
K-3,2025-08-19,00358405550101,Aino Virtanen,aino.virtanen@mail.example,Kalevankatu 12 B 4,00100,FI,,BAG-0100,Tote bag,1,19.90,19.90,EUR,returned,
K-4,2025-10-02,09 555 0110,Aino Virtanen,aino.virtanen@mail.example,Kalevankatu 12 B 4,00100,FI,KK-20718,LAM-0007,Lamp,1,129.00,129.00,EUR,paid,
K-5,2024-01-12,09-5550110,Eero Virtanen,eero@koti.example,Kalevankatu 12 B 4,00100,FI,,PAN-0033,Pan,1,84.00,84.00,EUR,paid,
K-6,2025-03-01,+35895550110,Eero Virtanen,eero@koti.example,Kalevankatu 12 B 4,00100,FI,,TEA-0002,Tea,3,6.50,19.50,EUR,paid,
K-7,2025-09-14,09 5550110,Eero Virtanen,eero@koti.example,Kalevankatu 12 B 4,00100,FI,,TEA-0002,Tea,1,6.50,6.50,EUR,paid,
K-8,2022-11-05,050 555 0122,Mikko Laine,mikko.laine@post.example,Hämeentie 5,00530,FI,,BIK-0001,Bell,1,14.00,14.00,EUR,paid,
K-9,2023-03-22,0505550122,Mikko Laine,mikko.laine@post.example,Hämeentie 5,00530,FI,,BIK-0002,Pump,1,24.00,24.00,EUR,paid,
K-10,2025-05-02,+358505550122,Farhana Akter,farhana.akter@web.example,Itäkatu 9 C 31,00930,FI,,DRE-0040,Dress,1,74.00,74.00,EUR,paid,
K-11,2025-07-30,050-555-0122,Farhana Akter,farhana.akter@web.example,Itäkatu 9 C 31,00930,FI,,SCA-0009,Scarf,2,17.50,35.00,EUR,paid,
K-12,2024-05-05,041 555 0133,Rahim Uddin,rahim.uddin@mail.example,Mannerheimintie 100,00250,FI,,KET-0001,Kettle,1,45.00,45.00,EUR,paid,
K-13,2025-05-05,044 555 0144,Md. Rahim Uddin,rahim88@post.example,Mannerheimintie 100,00250,FI,,CUP-0004,Cups,4,5.25,21.00,EUR,paid,
K-14,2025-01-10,045 555 0155,Sofia Niemi,sofia@niemi.example,,33100,FI,KK-30001,PEN-0001,Pen,1,3.90,3.90,EUR,paid,
K-15,2025-02-11,046 555 0166,,sofia@niemi.example,,33100,FI,KK-30002,PEN-0001,Pen,1,3.90,3.90,EUR,paid,
K-16,2025-02-20,,,only@mail.example,,,FI,,PEN-0001,Pen,1,3.90,3.90,EUR,paid,
K-18,2024-02-01,040 555 0177,Fatema Rahman,one@rahman.example,High Street 1,00140,FI,,JAR-0001,Jar,1,8.00,8.00,EUR,paid,
K-19,2024-09-01,040 555 0177,Fatema Biswas,two@biswas.example,Lake Road 9,00190,FI,,JAR-0001,Jar,2,8.00,16.00,EUR,paid,
K-17,not a date,040 555 0101,Aino Virtanen,,,,FI,,PEN-0001,Pen,1,3.90,3.90,EUR,paid,
";

/// Whatever of [`ORDERS`] must be masked wherever it was not revealed.
pub const SECRETS: [&str; 18] = [
    "405550101",
    "95550110",
    "505550122",
    "415550133",
    "445550144",
    "455550155",
    "465550166",
    "aino.virtanen@",
    "eero@koti",
    "mikko.laine@",
    "farhana.akter@",
    "rahim.uddin@",
    "rahim88@",
    "Kalevankatu",
    "only@mail",
    "405550177",
    "sofia@niemi",
    "Lake Road",
];

impl House {
    /// An installation whose shop has staff and nothing else.
    pub fn empty(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = (engine == Engine::Postgres).then(postgres::database);
        let config = Config {
            data: folder.path().join("data"),
            database: database.as_ref().map(|database| database.url.clone()),
            database_connections_max: 4,
            shop: "kivi".to_owned(),
            upload_bytes_max: 4 * 1024 * 1024,
            test_mode: true,
            // However busy the machine is, everybody is waited for.
            risk: risk::Settings { wait_millis: 60_000, ..risk::Settings::default() },
            ..Config::default()
        };
        let (app, shop) = runtime.block_on(async {
            let app = App::open_with(config, clock).await.unwrap();
            app.migrate().await.unwrap();
            let shop = app.shops.ensure("kivi", "Kivi & Kaari").await.unwrap();
            (app, shop)
        });
        let house = Self { app, shop, runtime, folder, _database: database };
        for (login, name, role) in [
            ("sanna", "Sanna Lehtonen", Role::Owner),
            ("agneta", "Agneta Berg", Role::Agent),
            ("pia", "Pia Aalto", Role::Privacy),
            ("ben", "Ben Okafor", Role::Viewer),
        ] {
            house.add_staff(&house.cx(), login, name, role);
        }
        house
    }

    /// With the orders above.
    pub fn small(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let house = Self::empty(engine, clock);
        house.import(Source::Online, "web-orders.csv", ORDERS.as_bytes());
        house
    }

    /// With the orders above and some five hundred more, of four sources.
    pub fn large(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let house = Self::small(engine, clock);
        for (source, truth, name) in [
            (Source::Online, timelines::Source::Online, "web-2025.csv"),
            (Source::Pos, timelines::Source::Pos, "till-2025.csv"),
            (Source::Loyalty, timelines::Source::Loyalty, "loyalty-2025.csv"),
            (Source::App, timelines::Source::App, "app-2025.csv"),
        ] {
            let text = fs::read(house.generate(500, truth)).unwrap();
            house.import(source, name, &text);
        }
        house
    }

    /// The orders of one source among so many of invented people; their last ones are of these weeks.
    pub fn generate(&self, rows: usize, source: timelines::Source) -> PathBuf {
        const SEED: u64 = 7;
        let last: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        let later = (self.app.clock.now().day() - last.day()) * Timestamp::DAY;
        let path = self.folder.path().join(format!("{}.csv", source.code()));
        let mut file = OrderFile::create(&path, SEED).unwrap();
        for scene in Timelines::new(Profile::MIXED, SEED).at_least(rows) {
            for row in scene.rows.iter().filter(|row| row.source == source) {
                file.write(&Row { ordered_at: row.ordered_at.plus_micros(later), ..row.clone() }).unwrap();
            }
        }
        file.finish().unwrap();
        path
    }

    pub fn cx(&self) -> Context {
        self.app.cx(self.shop.id, Actor::System("tests"))
    }

    pub fn block<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub fn add_staff(&self, cx: &Context, login: &str, name: &str, role: Role) {
        self.block(self.app.staff.add(cx, login, name, role, &Secret::new(PASSWORD.to_owned()))).unwrap();
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    }

    pub fn import(&self, source: Source, name: &str, bytes: &[u8]) {
        self.import_in(&self.cx(), source, name, bytes);
    }

    pub fn import_in(&self, cx: &Context, source: Source, name: &str, bytes: &[u8]) {
        let file = fs::File::open(self.write(name, bytes)).unwrap();
        let request = Request {
            source,
            file_name: name.to_owned(),
            region: "FI".parse().ok(),
            options: warehouse::files::Options::default(),
        };
        let size = Some(bytes.len() as u64);
        self.block(self.app.imports.run(cx, request, Input::File(file), size, &mut |_| Ok(()), &mut |_| ()))
            .unwrap();
    }

    /// Somebody by a word of their name.
    pub fn customer(&self, name: &str) -> String {
        let query = customers::Query::Name(name.to_owned());
        let found = self.block(self.app.customers.search(&self.cx(), query, 10)).unwrap();
        assert_eq!(found.len(), 1, "one customer of the name {name}");
        found[0].id.to_string()
    }

    /// How many customers have these words in their names.
    pub fn count(&self, name: &str) -> usize {
        let query = customers::Query::Name(name.to_owned());
        self.block(self.app.customers.search(&self.cx(), query, 10)).unwrap().len()
    }

    /// The first open doubt.
    pub fn review(&self) -> String {
        let page = self.block(self.app.customers.reviews(&self.cx(), &base::PageRequest::default())).unwrap();
        let item = page.items.first().expect("the orders leave a doubt");
        format!("{}.{}", item.left, item.right)
    }

    /// What the audit trail holds, newest first: action and reason.
    pub fn audit(&self) -> Vec<(String, String)> {
        let page = self
            .block(db::audit::list(&self.app.db, self.shop.id, None, &base::PageRequest::default()))
            .unwrap();
        page.items.into_iter().map(|entry| (entry.action, entry.reason)).collect()
    }

    /// Runs what waits in the queue, and sends what is to be sent.
    pub fn work(&self) {
        let worker = self.app.worker();
        while self.block(worker.run_once()).unwrap() > 0 {}
        self.block(self.app.sender().run_once()).unwrap();
        self.block(self.app.sandbox().unwrap().tell_receipts()).unwrap();
    }

    /// Serves the console on a free port, with a worker beside it, until the house falls.
    pub fn serve(&self) -> String {
        let router = web::router(self.app.clone());
        let listener = self.block(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        self.runtime.spawn(async move { axum::serve(listener, router).await });
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let app = self.app.clone();
        self.runtime.spawn(async move {
            app.work(stopped).await;
            drop(stop);
        });
        address
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A clock that a test moves, and that moves on a millisecond whenever somebody looks at it: as on a real one, no two acts share a moment.
#[derive(Debug)]
pub struct Ticking(FrozenClock);

impl Ticking {
    pub fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self(FrozenClock::at(now)))
    }

    pub fn advance_seconds(&self, seconds: i64) {
        self.0.advance_micros(seconds * Timestamp::SECOND);
    }
}

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.0.advance_micros(1_000);
        self.0.now()
    }
}

/// The moment at which tests happen.
pub fn now() -> Timestamp {
    "2025-11-20T09:30:00Z".parse().unwrap()
}

/// A clock that begins at that moment.
pub fn clock() -> Arc<Ticking> {
    Ticking::at(now())
}

pub fn on_both(test: impl Fn(Engine)) {
    ENGINES.into_iter().for_each(test);
}

/// Fields of a form as the client takes them.
pub fn borrowed<'f>(fields: &'f [(&'static str, String)]) -> Vec<(&'f str, &'f str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
