//! `trunkline demo`: a shop with invented customers. Its order files go through the real import, and then it is served.

mod files;
mod lives;
mod people;
mod spell;

use std::{
    fs,
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use base::{Fault, Secret};
use clap::Args;
use identity::{Role, Scope};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{
    access::new_password,
    import::{OrdersArguments, SourceName, import},
    opening::{InShop, Opened, Opening, Schema, Shop, open, start_log},
    output::{Output, counted, remark},
    serve,
};

#[derive(Clone, Debug, Args)]
pub struct DemoArguments {
    /// Address and port to listen on; the next free port is taken if it is not free [default: 127.0.0.1:8080]
    #[arg(long, env = "TRUNKLINE_LISTEN", hide_env_values = true, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// About how many people to invent, at the first start
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..=200_000), value_name = "N")]
    pub people: u32,
}

const FOLDER: &str = "trunkline-demo";
const SHOP: &str = "demo";
const LOGIN: &str = "demo";
/// Ports that are tried after the first one.
const PORTS_MAX: u16 = 50;

/// How to sign in, kept beside the key file with the same rights, so that a second start can say it again.
#[derive(Serialize, Deserialize)]
struct SignIn {
    login: String,
    password: String,
    api_key: String,
}

pub async fn run(mut opening: Opening, output: Output, arguments: DemoArguments) -> Result<(), Fault> {
    let global = &mut opening.global;
    global.data.get_or_insert_with(|| PathBuf::from(FOLDER));
    global.shop.get_or_insert_with(|| SHOP.to_owned());
    if global.log.is_none() {
        global.log = Some("warn".to_owned());
    }
    let mut config = opening.server_config(arguments.listen, None)?;
    config.test_mode = true;
    start_log(&config)?;
    let (listener, moved) = first_free(config.listen).await?;
    let address = serve::local_address(&listener)?;
    let opened = open(config, Schema::Migrate).await?;
    let data = opened.app.config.data.clone();
    note_shop(&data, &opened.app.config.shop)?;
    let in_shop = opened.in_shop(Shop::Make).await?;
    let sign_in = match known_sign_in(&in_shop, &data).await? {
        Some(sign_in) => sign_in,
        None => {
            fill(&in_shop, &data, arguments.people).await?;
            make_sign_in(&in_shop, &data).await?
        }
    };
    if let Some(asked) = moved {
        remark(format_args!("Port {} is taken, so the demo uses {}.", asked.port(), address.port()));
    }
    welcome(&in_shop, output, address, &sign_in).await?;
    let opened: Opened = in_shop.into();
    serve::serve(opened, listener, true).await
}

/// The address asked for, or the next free port after it; then what was asked is told.
async fn first_free(asked: SocketAddr) -> Result<(TcpListener, Option<SocketAddr>), Fault> {
    let mut address = asked;
    loop {
        match serve::bind(address).await {
            Ok(listener) => return Ok((listener, (address != asked).then_some(asked))),
            Err(fault)
                if fault.code == "address_in_use"
                    && address.port() < asked.port().saturating_add(PORTS_MAX) =>
            {
                address.set_port(address.port() + 1);
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// So that other commands on this folder mean the demo's shop without being told.
fn note_shop(data: &Path, shop: &str) -> Result<(), Fault> {
    let path = data.join("trunkline.toml");
    if path.exists() {
        return Ok(());
    }
    fs::write(
        &path,
        format!("# The demo's settings; `trunkline config schema` lists all there are.\nshop = \"{shop}\"\ntest_mode = true\n"),
    )
    .map_err(|error| unwritable(&path, error))
}

fn unwritable(path: &Path, error: impl std::fmt::Display) -> Fault {
    Fault::unavailable("data_folder", format!("{} cannot be written: {error}.", path.display())).field("data")
}

fn sign_in_path(data: &Path) -> PathBuf {
    data.join("demo-sign-in.toml")
}

/// The sign-in of an earlier start, if this database knows it.
async fn known_sign_in(shop: &InShop, data: &Path) -> Result<Option<SignIn>, Fault> {
    let Ok(text) = fs::read_to_string(sign_in_path(data)) else { return Ok(None) };
    let Ok(sign_in) = toml::from_str::<SignIn>(&text) else { return Ok(None) };
    let staff = shop.app.staff.list(shop.cx.shop).await?;
    let known = staff.iter().any(|one| one.login == sign_in.login && one.disabled_at.is_none());
    Ok((known && shop.app.keys.authenticate(&sign_in.api_key).await.is_ok()).then_some(sign_in))
}

/// Invents the order files, unless an interrupted start left them, and imports them.
async fn fill(shop: &InShop, data: &Path, people: u32) -> Result<(), Fault> {
    let folder = data.join("orders");
    if !files::FILES.iter().all(|(name, _)| folder.join(name).exists()) {
        remark(format_args!(
            "Inventing {} and three years of shopping …",
            counted(people.into(), "person", "people")
        ));
        let (now, target) = (shop.cx.now(), folder.clone());
        let written =
            tokio::task::spawn_blocking(move || files::write(&target, &lives::invent(people as usize, now)));
        written.await.map_err(Fault::internal)?.map_err(|error| unwritable(&folder, error))?;
    }
    remark("Importing four order files, as you would import your own:");
    for (name, source) in files::FILES {
        let file = folder.join(name);
        let arguments = orders(&file, source);
        remark(format_args!(
            "$ trunkline --data {} import orders {} --source {}",
            data.display(),
            file.display(),
            source.code()
        ));
        let done = import(shop, &arguments, &file).await?;
        remark(done.text(true));
    }
    Ok(())
}

fn orders(file: &Path, source: history::Source) -> OrdersArguments {
    use history::Source;
    let source = match source {
        Source::Online => SourceName::Online,
        Source::Pos => SourceName::Pos,
        Source::Loyalty => SourceName::Loyalty,
        Source::App => SourceName::App,
    };
    OrdersArguments::of(file, source)
}

async fn make_sign_in(shop: &InShop, data: &Path) -> Result<SignIn, Fault> {
    let password: Secret<String> = new_password();
    let staff = shop.app.staff.list(shop.cx.shop).await?;
    if staff.iter().any(|one| one.login == LOGIN) {
        shop.app.staff.set_password(&shop.cx, LOGIN, &password).await?;
    } else {
        shop.app.staff.add(&shop.cx, LOGIN, "Demo Owner", Role::Owner, &password).await?;
    }
    let key = shop.app.keys.create(&shop.cx, "demo", Scope::ALL).await?;
    let sign_in = SignIn {
        login: LOGIN.to_owned(),
        password: password.reveal().clone(),
        api_key: key.secret.reveal().clone(),
    };
    let path = sign_in_path(data);
    let text = toml::to_string(&sign_in).map_err(Fault::internal)?;
    write_private(&path, &text).map_err(|error| unwritable(&path, error))?;
    Ok(sign_in)
}

/// Writes a file that its owner alone may read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

async fn welcome(shop: &InShop, output: Output, address: SocketAddr, sign_in: &SignIn) -> Result<(), Fault> {
    let url = format!("http://{address}");
    // Passkeys belong to names, and this is one for whoever is on this machine.
    let customers_url = match address.ip() == Ipv4Addr::LOCALHOST {
        true => format!("http://localhost:{}", address.port()),
        false => url.clone(),
    };
    if output.json {
        return output.json_line(&serde_json::json!({
            "url": url, "login": sign_in.login, "password": sign_in.password, "api_key": sign_in.api_key, "shop": shop.shop.slug,
        }));
    }
    let counts = shop.app.customers.counts(&shop.cx).await?;
    output.say(format_args!(
        "\n  Trunkline demo: {customers} over {numbers}, {recycled} recycled, {reviews} to decide\n\
         \n  Console    {url}\
         \n  Sign in    {login}   password  {password}\
         \n  Customers  {customers_url}/account/{slug}   (their codes arrive on the phones at {url}/console/sandbox)\
         \n  API        {url}/docs   (description: {url}/openapi.json)\
         \n  Try        curl -H 'Authorization: Bearer {key}' '{url}/v1/customers?limit=3'\
         \n  Files      {orders}\
         \n\n  All people are invented. Stop with Ctrl-C; start again with the same command. To begin anew, delete {data}.\n",
        slug = shop.app.config.shop,
        customers = counted(counts.customers, "customer", "customers"),
        numbers = counted(
            counts.numbers_single + counts.numbers_shared + counts.numbers_recycled + counts.numbers_generic,
            "number",
            "numbers"
        ),
        recycled = counts.numbers_recycled,
        reviews = counted(counts.reviews_open, "doubt", "doubts"),
        login = sign_in.login,
        password = sign_in.password,
        key = sign_in.api_key,
        orders = shop.app.config.data.join("orders").display(),
        data = shop.app.config.data.display(),
    ))
}
