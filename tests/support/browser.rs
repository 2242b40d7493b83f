//! A browser without a window, as a telephone, by the DevTools protocol (<https://chromedevtools.github.io/devtools-protocol/>).

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::desk::{HANG, until};

/// The names of browsers that understand the protocol.
const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "google-chrome-stable"];

/// A page in a browser of its own, as large as a telephone, with touch.
pub struct Browser {
    program: Child,
    socket: WebSocket<TcpStream>,
    target: String,
    session: String,
    requests: u64,
    /// Addresses that the page has asked for.
    pub asked: Vec<String>,
    /// Errors on the page's console, and exceptions.
    pub errors: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one with an empty page. None where no such browser is installed.
    pub fn open() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let mut program = BROWSERS.iter().find_map(|name| start(name, profile.path()))?;
        // It keeps on writing there.
        let mut lines = BufReader::new(program.stderr.take().unwrap()).lines();
        let said =
            lines.find_map(|line| line.ok()?.split_once("DevTools listening on ").map(|(_, url)| url.to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        let url = said.expect("the browser tells its address");
        let host = url.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        let (socket, _) = tungstenite::client(&url, stream).unwrap();
        let (target, session) = (String::new(), String::new());
        let (asked, errors) = (Vec::new(), Vec::new());
        let mut browser = Self { program, socket, target, session, requests: 0, asked, errors, _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        browser.target = target.as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        let screen = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        browser.call("Emulation.setDeviceMetricsOverride", screen);
        browser.call("Emulation.setTouchEmulationEnabled", json!({"enabled": true}));
        Some(browser)
    }

    /// Opens an address, and waits until the page is there.
    pub fn go_to(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
        self.until("the page is there", "document.readyState === 'complete'");
    }

    /// The value of an expression on the page.
    pub fn value(&mut self, expression: &str) -> Value {
        self.evaluate(expression).unwrap_or_else(|exception| panic!("{expression}: {exception}"))
    }

    /// Waits until an expression is true. A page that is just loading has nothing yet of what it asks for, and one that is
    /// left while it is asked gives no answer: another token in the address loads the page anew.
    pub fn until(&mut self, what: &str, expression: &str) {
        until(what, || (self.evaluate(expression) == Ok(true.into())).then_some(()));
    }

    fn evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", asked)?;
        let exception = &answer["exceptionDetails"];
        if exception.is_null() { Ok(answer["result"]["value"].clone()) } else { Err(exception.clone()) }
    }

    /// Puts a finger on the middle of what a selector finds, for so long; again, where the page has moved it away from under the finger.
    pub fn touch(&mut self, selector: &str, secs: f64) {
        let middle = format!(
            "(() => {{ const it = document.querySelector({selector:?}); it.scrollIntoView({{ block: 'center' }}); \
             window.touched = false; it.addEventListener('touchstart', () => window.touched = true, {{ once: true }}); \
             const {{ x, y, width, height }} = it.getBoundingClientRect(); return [x + width / 2, y + height / 2]; }})()"
        );
        until(&format!("a touch of {selector}"), || {
            let at = self.value(&middle);
            let points = json!([{"x": at[0], "y": at[1]}]);
            self.call("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": points}));
            std::thread::sleep(Duration::from_secs_f64(secs));
            self.call("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []}));
            (self.value("window.touched") == true).then_some(())
        });
    }

    /// Chooses a file for an input.
    pub fn choose(&mut self, selector: &str, file: &Path) {
        let root = self.call("DOM.getDocument", json!({}))["root"]["nodeId"].clone();
        let node = self.call("DOM.querySelector", json!({"nodeId": root, "selector": selector}))["nodeId"].clone();
        self.call("DOM.setFileInputFiles", json!({"nodeId": node, "files": [file]}));
    }

    /// Puts another page before this one for so long, as a telephone does that is locked or used for something else.
    pub fn hide(&mut self, time: Duration) {
        let other = self.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        self.call("Target.activateTarget", json!({"targetId": other}));
        self.until("it is hidden", "document.visibilityState === 'hidden'");
        std::thread::sleep(time);
        let target = self.target.clone();
        self.call("Target.activateTarget", json!({"targetId": target}));
    }

    /// Calls a method of the protocol that has to succeed.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.ask(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method of the protocol, and notes what the page does meanwhile.
    fn ask(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.requests += 1;
        let id = self.requests;
        let mut request = json!({"id": id, "method": method, "params": parameters});
        if !self.session.is_empty() {
            request["sessionId"] = self.session.clone().into();
        }
        self.socket.send(Message::text(request.to_string())).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == id {
                let error = &answer["error"];
                return if error.is_null() { Ok(answer["result"].clone()) } else { Err(error.clone()) };
            }
            let told = &answer["params"];
            match answer["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    self.asked.extend(told["request"]["url"].as_str().map(str::to_owned))
                }
                Some("Network.webSocketCreated") => self.asked.extend(told["url"].as_str().map(str::to_owned)),
                Some("Log.entryAdded") if told["entry"]["level"] == "error" => {
                    self.errors.push(told["entry"].to_string())
                }
                Some("Runtime.exceptionThrown") => self.errors.push(told.to_string()),
                _ => {}
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn start(name: &str, profile: &Path) -> Option<Child> {
    let mut command = Command::new(name);
    // Its sandbox takes what a container may not have; it sees one page, our own.
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    command.args([
        "--disable-background-networking",
        "--disable-sync",
        "--disable-extensions",
        "--remote-debugging-port=0",
    ]);
    command.arg(format!("--user-data-dir={}", profile.display())).env("HOME", profile).arg("about:blank");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().ok()
}
