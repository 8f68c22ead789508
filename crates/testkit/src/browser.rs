//! A headless Chromium, driven through chromedriver as a person would use the pages: look, type, click, press keys, take a
//! picture. Everything blocks, so that a test reads from top to bottom; nothing is loaded from outside the machine.

use std::{
    fs,
    future::Future,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, error::CmdError, key::Key};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

/// How long to wait for something to appear on a page before saying that it does not.
const WAIT_SECONDS_MAX: Duration = Duration::from_secs(10);

/// Whether a page was between two shapes at that moment, so that a look a little later may find it ready.
fn is_too_early(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.is_element_not_interactable()
}

/// One browser window with a profile of its own; closed when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    client: Option<Client>,
    session: String,
    runtime: tokio::runtime::Runtime,
    /// Held for its end: the profile is removed after the browser.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a window of a usual desktop size.
    ///
    /// # Panics
    /// When Chromium or its driver is missing or does not start: a test of a page must not pass without looking at it.
    pub fn open() -> Self {
        Self::open_sized(1280, 900)
    }

    /// Opens a window of this size, such as 390 × 844 for a telephone.
    ///
    /// # Panics
    /// As [`Browser::open`].
    pub fn open_sized(width: u32, height: u32) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a thread can be started");
        let profile = tempfile::Builder::new()
            .prefix("trunkline-browser-")
            .tempdir()
            .expect("the temporary folder is writable");
        let driver = Driver::start();
        let capabilities = capabilities(profile.path(), width, height);
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = runtime
            .block_on(builder.connect(&driver.address))
            .unwrap_or_else(|error| panic!("Chromium did not start: {error}"));
        let session = runtime
            .block_on(client.session_id())
            .expect("a connected driver answers")
            .expect("a connected driver has a session");
        Self { driver, client: Some(client), session, runtime, _profile: profile }
    }

    /// Goes to a page and waits until it is loaded.
    #[track_caller]
    pub fn visit(&self, url: &str) {
        self.done(self.client().goto(url));
    }

    /// The address of the page.
    #[track_caller]
    pub fn address(&self) -> String {
        self.done(self.client().current_url()).to_string()
    }

    #[track_caller]
    pub fn title(&self) -> String {
        self.done(self.client().title())
    }

    #[track_caller]
    pub fn source(&self) -> String {
        self.done(self.client().source())
    }

    /// The text that a person sees in the first element of this selector, once it is there.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        self.done(self.element(css).text())
    }

    /// The texts of all elements of this selector that are there now.
    #[track_caller]
    pub fn texts(&self, css: &str) -> Vec<String> {
        let elements = self.done(self.client().find_all(Locator::Css(css)));
        elements.iter().map(|element| self.done(element.text())).collect()
    }

    /// Whether there is such an element now.
    #[track_caller]
    pub fn has(&self, css: &str) -> bool {
        !self.done(self.client().find_all(Locator::Css(css))).is_empty()
    }

    #[track_caller]
    pub fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.done(self.element(css).attr(name))
    }

    /// Waits until such an element is there.
    #[track_caller]
    pub fn wait_for(&self, css: &str) {
        self.element(css);
    }

    /// Waits until the page shows this text.
    ///
    /// # Panics
    /// With what the page shows instead.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        let script = "return document.body !== null && document.body.innerText.includes(arguments[0])";
        self.wait_until(script, &[json!(text)], &format!("“{text}” on the page"));
    }

    /// Waits until the script, which returns a boolean, returns true.
    ///
    /// # Panics
    /// When it does not, with `what` was waited for and what the page shows instead.
    #[track_caller]
    pub fn wait_until(&self, script: &str, arguments: &[Value], what: &str) {
        let client = self.client();
        let shown = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(50));
            loop {
                ticks.tick().await;
                if client.execute(script, arguments.to_vec()).await? == Value::Bool(true) {
                    return Ok::<(), CmdError>(());
                }
            }
        };
        let waited = self.runtime.block_on(async { tokio::time::timeout(WAIT_SECONDS_MAX, shown).await });
        match waited {
            Ok(Ok(())) => {}
            Ok(Err(error)) => panic!("while waiting for {what}: {error}"),
            Err(_) => panic!("there is no {what}; {} shows:\n{}", self.address(), self.text("body")),
        }
    }

    /// Replaces what is in a field.
    #[track_caller]
    pub fn fill(&self, css: &str, text: &str) {
        let field = self.element(css);
        self.done(field.clear());
        self.done(field.send_keys(text));
    }

    /// Types into an element without emptying it first; for a file field the text is a path.
    #[track_caller]
    pub fn type_into(&self, css: &str, text: &str) {
        self.done(self.element(css).send_keys(text));
    }

    /// Presses a key while an element has the focus.
    #[track_caller]
    pub fn press(&self, css: &str, key: Key) {
        self.type_into(css, &char::from(key).to_string());
    }

    /// Presses a key wherever the focus is, and so walks through a page as those do who use no mouse.
    #[track_caller]
    pub fn press_key(&self, key: Key) {
        let focused = self.done(self.client().active_element());
        self.done(focused.send_keys(&char::from(key).to_string()));
    }

    /// Chooses a file in a file field.
    #[track_caller]
    pub fn choose_file(&self, css: &str, file: &Path) {
        self.type_into(css, &file.display().to_string());
    }

    /// Chooses an option of a list by its value.
    #[track_caller]
    pub fn choose(&self, css: &str, value: &str) {
        self.done(self.element(css).select_by_value(value));
    }

    #[track_caller]
    pub fn click(&self, css: &str) {
        self.click_found(Locator::Css(css));
    }

    /// Clicks the button or link that says exactly this.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn click_text(&self, text: &str) {
        assert!(!text.contains('"'), "the text goes into an XPath string");
        let path = format!("//*[self::button or self::a or self::summary][normalize-space() = \"{text}\"]");
        self.click_found(Locator::XPath(&path));
    }

    /// Clicks what is found; a page that is replaced, or has not taken its shape, between the look and the click is looked at again.
    #[track_caller]
    fn click_found(&self, locator: Locator<'_>) {
        let until = Instant::now() + WAIT_SECONDS_MAX;
        loop {
            let wait = self.client().wait().at_most(WAIT_SECONDS_MAX);
            let element = self.done(wait.for_element(locator));
            match self.runtime.block_on(element.click()) {
                Err(error) if is_too_early(&error) && Instant::now() < until => {}
                clicked => return clicked.unwrap_or_else(|error| panic!("the browser could not: {error}")),
            }
        }
    }

    /// Runs a script in the page and returns its value.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        self.done(self.client().execute(script, Vec::new()))
    }

    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        self.done(self.client().set_window_size(width, height));
    }

    /// Makes pages believe that the person prefers dark (or light) colours.
    #[track_caller]
    pub fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.extension("goog/cdp/execute", &command);
    }

    /// Plugs in an authenticator that keeps passkeys and always recognises its owner.
    #[track_caller]
    pub fn add_authenticator(&self) {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
        });
        self.extension("webauthn/authenticator", &authenticator);
    }

    /// Writes a picture of the window as PNG.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[track_caller]
    pub fn screenshot(&self, file: &Path) {
        let picture = self.done(self.client().screenshot());
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        }
        fs::write(file, picture).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// Errors of scripts, blocked or failed loads, and refused policies that the browser noted since the last call.
    #[track_caller]
    pub fn console_errors(&self) -> Vec<String> {
        let entries = self.extension("se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().expect("the driver answers with a list");
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn client(&self) -> &Client {
        self.client.as_ref().expect("the session lasts as long as the browser")
    }

    #[track_caller]
    fn element(&self, css: &str) -> Element {
        let wait = self.client().wait().at_most(WAIT_SECONDS_MAX);
        self.runtime
            .block_on(wait.for_element(Locator::Css(css)))
            .unwrap_or_else(|error| panic!("{css} is not on {}: {error}", self.address()))
    }

    #[track_caller]
    fn done<T>(&self, step: impl Future<Output = Result<T, CmdError>>) -> T {
        self.runtime.block_on(step).unwrap_or_else(|error| panic!("the browser could not: {error}"))
    }

    /// A command that only Chromium's driver knows.
    #[track_caller]
    fn extension(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/session/{}/{path}", self.driver.address, self.session);
        let answer = reqwest::blocking::Client::new().post(url).json(body).send();
        let mut answer: Value =
            answer.and_then(reqwest::blocking::Response::json).expect("the driver answers in JSON");
        let value = answer["value"].take();
        assert!(value.get("error").is_none(), "the driver refused {path}: {value}");
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // The driver's end closes the window too, should this fail.
            let _ = self.runtime.block_on(client.close());
        }
    }
}

/// A chromedriver process; it takes its windows with it when it ends.
#[derive(Debug)]
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    /// Starts chromedriver under a shell that ends it when our end of its input closes, so that no browser outlives a test
    /// that was interrupted.
    fn start() -> Self {
        const SCRIPT: &str = "chromedriver --port=0 </dev/null & cat >/dev/null; kill $!; wait";
        let mut process = Command::new("sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        let stdout = process.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        let port = lines.find_map(|line| started_port(&line));
        // Nobody reads on; the driver says no more on its output after this line.
        let Some(port) = port else {
            panic!("chromedriver did not start. Run `cargo xtask test`: it installs what the tests need.");
        };
        Self { process, address: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Reads `ChromeDriver was started successfully on port 40123.`
fn started_port(line: &str) -> Option<u16> {
    line.split_once("started successfully on port ")?.1.trim_end().trim_end_matches('.').parse().ok()
}

fn capabilities(profile: &Path, width: u32, height: u32) -> serde_json::Map<String, Value> {
    let arguments = [
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(), // test machines run as root, where the sandbox cannot be had
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--no-first-run".to_owned(),
        // It must not talk to anybody but the server under test.
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-quic".to_owned(),
        format!("--user-data-dir={}", profile.display()),
        format!("--window-size={width},{height}"),
    ];
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
    });
    capabilities.as_object().expect("written as one above").clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_says() {
        assert_eq!(started_port("ChromeDriver was started successfully on port 40123."), Some(40123));
        assert_eq!(started_port("Starting ChromeDriver 156.0 on port 0"), None);
    }
}
