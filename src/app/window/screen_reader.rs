//! Screen readers of the desk. See [`ScreenReader`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use accesskit_winit::Adapter;
use crossbeam_channel::{Receiver, Sender, unbounded};
use egui::accesskit::{ActionHandler, ActionRequest, ActivationHandler, DeactivationHandler, TreeUpdate};
use winit::event::WindowEvent;
use winit::event_loop::ActiveEventLoop;
use winit::window::Window;

/// What tells a screen reader of the desk's controls, once there is one, and takes what it asks for.
pub(super) struct ScreenReader {
    adapter: Adapter,
    is_there: Arc<AtomicBool>,
    requests: Receiver<ActionRequest>,
}

impl ScreenReader {
    /// Prepares a window, which is not visible yet; `wake` wakes its thread.
    pub fn new(event_loop: &ActiveEventLoop, window: &Window, wake: impl Fn() + Send + Clone + 'static) -> Self {
        let is_there = Arc::new(AtomicBool::new(false));
        let (sender, requests) = unbounded();
        let adapter = Adapter::with_direct_handlers(
            event_loop,
            window,
            Presence(is_there.clone()),
            Requests(sender, Box::new(wake)),
            Presence(is_there.clone()),
        );
        Self { adapter, is_there, requests }
    }

    /// Whether one has asked for the controls.
    pub fn is_there(&self) -> bool {
        self.is_there.load(Ordering::Relaxed)
    }

    pub fn process_event(&mut self, window: &Window, event: &WindowEvent) {
        self.adapter.process_event(window, event);
    }

    /// Tells it of the controls of a frame.
    pub fn update(&mut self, update: TreeUpdate) {
        self.adapter.update_if_active(|| update);
    }

    /// Returns what it has asked for, as input.
    pub fn events(&self) -> impl Iterator<Item = egui::Event> {
        self.requests.try_iter().map(egui::Event::AccessKitActionRequest)
    }
}

/// Notes whether a screen reader is there. The controls come with the next frame.
struct Presence(Arc<AtomicBool>);

impl ActivationHandler for Presence {
    fn request_initial_tree(&mut self) -> Option<TreeUpdate> {
        self.0.store(true, Ordering::Relaxed);
        None
    }
}

impl DeactivationHandler for Presence {
    fn deactivate_accessibility(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Passes on what a screen reader asks for.
struct Requests(Sender<ActionRequest>, Box<dyn Fn() + Send>);

impl ActionHandler for Requests {
    fn do_action(&mut self, request: ActionRequest) {
        // A desk that is closed does nothing.
        let _ = self.0.send(request);
        (self.1)();
    }
}
