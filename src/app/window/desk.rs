//! The desk's window: where it may be, its input, its frames and the pictures in it. See [`DeskWindow`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Context;
use glam::UVec2;
use winit::dpi::PhysicalSize;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, EventLoopProxy};
use winit::window::{Window, WindowId};

use super::super::desk_thread::{DeskFrame, DeskInput, DeskOptions, DeskThread, Reply};
use super::super::output_window::position;
use super::desk_rate::DeskRate;
use super::graphics::Device;
use super::screen_reader::ScreenReader;
use super::{App, Operator};
use millions_control::Control;
use millions_desk::{Picture, Pictures, Side, Theme};
use millions_frame::{FramePlan, Prefetch};
use millions_gpu::{DeskSurface, DrawMode, Gpu, OutputFrame, Overlay, Painted, Plans, Target};
use millions_library::Library;
use millions_show::SceneId;
use millions_stage::{DeskRect, OutputId, ResolvedOutput};

/// How long it is active after the last input.
const ACTIVE_FOR: Duration = Duration::from_secs(1);
/// The interval at which its place is looked at.
const PLACE: Duration = Duration::from_millis(500);
/// The time after which a desk that has not answered is said to hang.
const HANGS: Duration = Duration::from_secs(2);
/// The interval of each picture of the wall and its outputs.
const GLANCE: Duration = Duration::from_millis(200);
/// The interval of pictures of scenes, of which one is drawn at a time.
const SCENE: Duration = Duration::from_millis(700);
/// The time before the wall's next frame that painting the desk takes at the most, as a rule.
const PAINTING: Duration = Duration::from_millis(3);
/// The longest that the wall's frames keep the desk from being painted.
const PATIENCE: Duration = Duration::from_millis(150);
/// The sides of the pictures of the wall and its outputs, and of those of scenes, in pixels.
const PICTURE: u32 = 480;
const SCENE_PICTURE: u32 = 160;
/// The seconds after its cue at which a scene is pictured.
const SCENE_SECS: f64 = 2.0;
/// The smallest and the first size of the window.
const LEAST: PhysicalSize<u32> = PhysicalSize::new(1024, 600);
const FIRST: PhysicalSize<u32> = PhysicalSize::new(1280, 720);
const TITLE: &str = "millions: desk";

/// The desk: whether it is wanted, and its window while it has one. It is never on a monitor that an output fills.
pub(super) struct DeskWindow {
    options: DeskOptions,
    library: Arc<Library>,
    proxy: EventLoopProxy<()>,
    control: Control,
    is_wanted: bool,
    /// Whether it was said why it is not shown.
    told: bool,
    look_at: Instant,
    /// Where it was when it was closed.
    last: Option<DeskRect>,
    open: Option<OpenDesk>,
}

struct OpenDesk {
    window: Arc<Window>,
    /// None until there is a device, and after it was lost.
    surface: Option<DeskSurface>,
    /// Has a context of its own: that of the thread may be locked by a desk that hangs.
    input: egui_winit::State,
    reader: ScreenReader,
    thread: DeskThread,
    /// The theme and the panel that its operator has chosen.
    chosen: (Theme, Side),
    /// When a frame was asked for that has not come yet.
    asked_at: Option<Instant>,
    told_hung: bool,
    next_at: Instant,
    rate: DeskRate,
    touched_at: Option<Instant>,
    is_new_device: bool,
    /// A frame that is to be painted, since when.
    frame: Option<(Box<DeskFrame>, Instant)>,
    /// Whether it is on a monitor that is free.
    is_shown: bool,
    glances: Glances,
}

/// When which picture is drawn: one a frame at the most.
struct Glances {
    now: Option<Glance>,
    turn: usize,
    next_at: Instant,
    scene_at: Instant,
    /// The scene that was pictured last.
    scene: usize,
    scenes: Vec<SceneId>,
}

/// A picture of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Glance {
    Wall,
    Output(OutputId),
    Scene(usize),
}

impl Glance {
    const fn key(self) -> u64 {
        match self {
            Self::Wall => 0,
            Self::Output(OutputId(id)) => 1 << 32 | id as u64,
            Self::Scene(index) => 2 << 32 | index as u64,
        }
    }
}

impl DeskWindow {
    pub fn new(
        options: Option<DeskOptions>,
        library: Arc<Library>,
        proxy: EventLoopProxy<()>,
        control: Control,
    ) -> Self {
        Self {
            options: options.unwrap_or_default(),
            library,
            proxy,
            control,
            is_wanted: options.is_some(),
            told: false,
            look_at: Instant::now(),
            last: None,
            open: None,
        }
    }

    /// Whether it is asked for.
    pub const fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Opens it as soon as there is a place for it, or closes it.
    pub fn set(&mut self, on: bool) {
        (self.is_wanted, self.told, self.look_at) = (on, false, Instant::now());
        if !on && let Some(open) = self.open.take() {
            self.last = rect_of(&open.window);
            (self.options.theme, self.options.side) = open.chosen;
        }
    }

    /// Whether a window is the desk's.
    pub fn owns(&self, id: WindowId) -> bool {
        self.open.as_ref().is_some_and(|open| open.window.id() == id)
    }

    /// Whether pictures are shown in it.
    pub fn shows_pictures(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.is_shown && open.surface.is_some())
    }

    /// Drops what is on a lost device, which is gone already.
    pub fn device_lost(&mut self) {
        if let Some(open) = &mut self.open {
            (open.frame, open.is_new_device) = (None, true);
            if let Some(surface) = open.surface.take() {
                surface.abandon();
            }
        }
    }

    /// Closes it, before the event loop ends.
    pub fn close(&mut self) {
        self.device_lost();
        self.open = None;
    }

    /// Chooses the picture of a frame, if one is due.
    pub fn begin_frame(&mut self, outputs: impl Iterator<Item = OutputId>, scenes: impl Iterator<Item = SceneId>) {
        let Some(open) = self.open.as_mut().filter(|open| open.is_shown && open.surface.is_some()) else { return };
        let (glances, now, stretch) = (&mut open.glances, Instant::now(), open.rate.stretch());
        glances.now = None;
        if now >= glances.next_at {
            let all: Vec<_> = std::iter::once(Glance::Wall).chain(outputs.map(Glance::Output)).collect();
            glances.turn = (glances.turn + 1) % all.len();
            glances.now = Some(all[glances.turn]);
            glances.next_at = now + GLANCE.mul_f64(stretch / all.len() as f64);
        } else if now >= glances.scene_at {
            // All again, in turn: shows change.
            glances.scenes = scenes.collect();
            // All of them once, before it counts what they take.
            let is_scene = |key: &u64| *key >= Glance::Scene(0).key();
            let pictured = open.surface.as_ref().map_or(0, |surface| surface.keys().filter(is_scene).count());
            glances.scene_at = now + if pictured < glances.scenes.len() { SCENE } else { SCENE.mul_f64(stretch) };
            glances.scene = (glances.scene + 1) % glances.scenes.len().max(1);
            glances.now = (!glances.scenes.is_empty()).then_some(Glance::Scene(glances.scene));
        }
    }

    /// Takes the picture of an output that was just drawn to a target, if it is the one of this frame.
    pub fn take_output(&mut self, gpu: &Gpu, output: OutputId, target: &Target, size: UVec2) {
        let Some(open) = &mut self.open else { return };
        let (Some(surface), glance) = (&mut open.surface, Glance::Output(output)) else { return };
        if open.glances.now == Some(glance) {
            surface.reduce(gpu, target, glance.key(), reduced(size, PICTURE));
        }
    }

    /// Draws the picture of the wall or a scene, if it is the one of this frame.
    pub fn draw_glance(&mut self, device: &mut Device, operator: &Operator, real_secs: f64) {
        let Some(open) = &mut self.open else { return };
        let (Some(surface), Some(glance)) = (&mut open.surface, open.glances.now.take()) else { return };
        let (plan, longest): (FramePlan, u32) = match glance {
            Glance::Output(_) => return,
            Glance::Wall => (operator.wall(real_secs), PICTURE),
            Glance::Scene(index) => {
                let Some(scene) = open.glances.scenes.get(index) else { return };
                (operator.player.scene_preview(scene, operator.at(real_secs), SCENE_SECS), SCENE_PICTURE)
            }
        };
        let aspect = operator.venue.stage().aspect.clamp(0.05, 20.0);
        let size = reduced((glam::DVec2::new(aspect, 1.0) * 4096.0).as_uvec2(), longest);
        let Device { gpu, renderer } = device;
        let target = surface.target(gpu, glance.key(), size, renderer.format());
        // What is kept for outputs is not taken for those of the desk.
        let resolved =
            ResolvedOutput { id: OutputId(u32::MAX - glance.key() as u32 % 1024), ..ResolvedOutput::plain(size) };
        let frame = OutputFrame {
            plans: Plans::of_wall(&plan),
            prefetch: &Prefetch::default(),
            resolved: &resolved,
            overlay: &Overlay::default(),
        };
        renderer.draw(gpu, &frame, &target, DrawMode::Glance);
    }
}

impl Glances {
    fn new() -> Self {
        let now = Instant::now();
        Self { now: None, turn: 0, next_at: now, scene_at: now, scene: 0, scenes: Vec::new() }
    }
}

/// A size with a longer side of at most `longest`.
fn reduced(size: UVec2, longest: u32) -> UVec2 {
    let size = size.max(UVec2::ONE).as_dvec2();
    (size * (f64::from(longest) / size.max_element()).min(1.0)).round().as_uvec2().max(UVec2::ONE)
}

impl OpenDesk {
    /// Asks the thread for a frame, if one is due and none is on its way.
    fn ask(&mut self) {
        let now = Instant::now();
        if let Some(asked_at) = self.asked_at {
            if now - asked_at > HANGS && !std::mem::replace(&mut self.told_hung, true) {
                tracing::warn!("the desk does not answer; the wall plays on");
                self.window.set_title("millions: the desk does not answer");
            }
            return;
        }
        let is_active = self.touched_at.is_some_and(|at| now - at < ACTIVE_FOR);
        let Some(surface) = self.surface.as_ref().filter(|_| self.is_shown && self.frame.is_none()) else { return };
        if now < self.next_at {
            return;
        }
        self.next_at = now + self.rate.interval(is_active);
        let picture = |glance: Glance| {
            let picture = surface.picture(glance.key())?;
            Some(Picture { texture: picture.id, size: picture.size })
        };
        let scenes = self.glances.scenes.iter().enumerate();
        let pictures = Pictures {
            wall: picture(Glance::Wall),
            outputs: surface
                .keys()
                .filter_map(|key| {
                    let id = OutputId(u32::try_from(key.checked_sub(1 << 32)?).ok()?);
                    Some((id, picture(Glance::Output(id))?))
                })
                .collect(),
            scenes: scenes.filter_map(|(index, id)| Some((id.clone(), picture(Glance::Scene(index))?))).collect(),
        };
        let mut raw = self.input.take_egui_input(&self.window);
        raw.events.extend(self.reader.events());
        let is_new_device = std::mem::take(&mut self.is_new_device);
        self.thread.ask(DeskInput { raw, pictures, is_new_device, is_read: self.reader.is_there() });
        self.asked_at = Some(now);
    }

    /// Takes the frame that was asked for; returns whether the thread has failed.
    fn take(&mut self, gpu: Option<&Gpu>) -> bool {
        match self.thread.reply() {
            Reply::Nothing => {}
            Reply::Failed => return true,
            Reply::Frame(mut frame) => {
                (self.asked_at, self.chosen) = (None, frame.chosen);
                if std::mem::take(&mut self.told_hung) {
                    tracing::info!("the desk is back");
                    self.window.set_title(TITLE);
                }
                let mut platform = std::mem::take(&mut frame.platform);
                if let Some(update) = platform.accesskit_update.take() {
                    self.reader.update(update);
                }
                self.input.handle_platform_output(&self.window, platform);
                if let (Some(gpu), Some(surface), false) = (gpu, &mut self.surface, self.is_new_device) {
                    surface.update(gpu, &frame.textures.0);
                    self.frame = Some((frame, Instant::now()));
                }
            }
        }
        false
    }

    /// Paints the frame that has come, between two of the wall's.
    fn paint(&mut self, gpu: &Gpu, next_frame: Instant) {
        let (Some(surface), Some((frame, since))) = (&mut self.surface, &self.frame) else { return };
        let left = next_frame.saturating_duration_since(Instant::now());
        if left < PAINTING && since.elapsed() < PATIENCE {
            return;
        }
        let PhysicalSize { width, height } = self.window.inner_size();
        surface.resize(gpu, width, height);
        let began = Instant::now();
        let painted = surface.paint(gpu, &frame.primitives, frame.pixels_per_point);
        let (drawing, gpu_time) = (began.elapsed(), surface.gpu_time().unwrap_or_default());
        tracing::trace!("the desk was painted in {drawing:?}, on the GPU in {gpu_time:?}");
        self.rate.note(drawing + gpu_time);
        match painted {
            Painted::Later if since.elapsed() < PATIENCE => {}
            Painted::Later | Painted::Done => {
                surface.free(&frame.textures.0);
                self.frame = None;
            }
            Painted::Lost => {
                // Opened again at the next look; of a lost device, after that is back.
                (self.frame, self.is_new_device) = (None, true);
                if let Some(surface) = self.surface.take() {
                    surface.abandon();
                }
            }
        }
    }
}

impl App {
    /// Handles an event of the desk's window. It is closed without the wall.
    pub(super) fn desk_event(&mut self, event: &WindowEvent) {
        if matches!(event, WindowEvent::CloseRequested) {
            self.desk.set(false);
            return;
        }
        let Some(open) = &mut self.desk.open else { return };
        open.reader.process_event(&open.window, event);
        // What comes of it is asked of the thread, which knows what has the focus.
        if matches!(event, WindowEvent::Moved(_)) {
            // At once, if the system has put it over an output.
            self.desk.look_at = Instant::now();
        }
        if open.input.on_window_event(&open.window, event).repaint {
            open.touched_at = Some(Instant::now());
            open.next_at = open.next_at.min(Instant::now() + open.rate.interval(true));
        }
    }

    /// Opens, places and draws the desk, after the wall's frames.
    pub(super) fn follow_desk(&mut self, event_loop: &ActiveEventLoop) {
        if !self.desk.is_wanted {
            return;
        }
        if Instant::now() >= self.desk.look_at {
            self.desk.look_at = Instant::now() + PLACE;
            self.place_desk(event_loop);
        }
        let next_frame = self.pacing.next_frame();
        let Some(open) = &mut self.desk.open else { return };
        let gpu = self.graphics.device.as_ref().map(|device| &device.gpu).filter(|gpu| !gpu.is_lost());
        if open.take(gpu) {
            tracing::error!("the desk has failed and is closed; the wall plays on");
            self.desk.set(false);
            return;
        }
        if let Some(gpu) = gpu {
            open.paint(gpu, next_frame);
        }
        open.ask();
    }

    /// Opens the desk's window on a monitor that no output fills; hides it while there is none.
    fn place_desk(&mut self, event_loop: &ActiveEventLoop) {
        let free = self.outputs.free_monitors(event_loop);
        let place = free.first().copied();
        let Some(place) = place else {
            if let Some(open) = self.desk.open.as_mut().filter(|open| open.is_shown) {
                open.window.set_visible(false);
                open.is_shown = false;
            }
            if !std::mem::replace(&mut self.desk.told, true) {
                tracing::warn!(
                    "the desk is not shown: the wall fills every monitor; it opens as soon as another is plugged in, or in a window \
                     beside a wall that is not full screen"
                );
            }
            return;
        };
        self.desk.told = false;
        if self.desk.open.is_none() {
            match self.open_desk(event_loop, place) {
                Ok(open) => self.desk.open = Some(open),
                Err(error) => {
                    tracing::error!("the desk cannot be opened: {error}");
                    self.desk.set(false);
                }
            }
        }
        let Some(open) = &mut self.desk.open else { return };
        if let Some(device) = self.graphics.device.as_ref().filter(|device| !device.gpu.is_lost())
            && open.surface.is_none()
        {
            let PhysicalSize { width, height } = open.window.inner_size();
            match DeskSurface::open(&device.gpu, &open.window, (width, height)) {
                Ok(surface) => open.surface = Some(surface),
                Err(error) => {
                    tracing::error!("the desk cannot be shown: {error}");
                    return self.desk.set(false);
                }
            }
        }
        let is_free = |window: DeskRect| free.iter().any(|monitor| monitor.intersects(window));
        let fills = |window: DeskRect| self.outputs.filled_rects().iter().any(|filled| filled.intersects(window));
        let rect = rect_of(&open.window);
        if rect.is_some_and(|rect| !is_free(rect) || fills(rect)) {
            open.window.set_outer_position(position(place));
            if place.size.x < rect.map_or(0, |rect| rect.size.x) {
                // The system answers with a resize event, if at all.
                let _ = open.window.request_inner_size(PhysicalSize::new(place.size.x, place.size.y));
            }
        }
        if !open.is_shown {
            open.window.set_visible(true);
            open.is_shown = true;
        }
    }

    fn open_desk(&self, event_loop: &ActiveEventLoop, place: DeskRect) -> anyhow::Result<OpenDesk> {
        // Where it was, as long as that is on this monitor.
        let DeskRect { origin, size } = self
            .desk
            .last
            .filter(|last| last.intersects(place) && last.size.x >= LEAST.width && last.size.y >= LEAST.height)
            .unwrap_or_else(|| DeskRect { origin: place.origin, size: first_size(place) });
        let size = PhysicalSize::new(size.x, size.y);
        let attributes = Window::default_attributes()
            .with_title(TITLE)
            .with_inner_size(size)
            .with_min_inner_size(PhysicalSize::new(LEAST.width.min(size.width), LEAST.height.min(size.height)))
            .with_position(position(DeskRect { origin, ..place }))
            .with_visible(false);
        let window = Arc::new(event_loop.create_window(attributes)?);
        let longest = self.graphics.device.as_ref().map(|device| DeskSurface::max_texture_side(&device.gpu));
        let input = egui_winit::State::new(
            Context::default(),
            egui::ViewportId::ROOT,
            &window,
            Some(window.scale_factor() as f32),
            None,
            longest,
        );
        let proxy = self.desk.proxy.clone();
        // After the end of the event loop there is nothing to wake.
        let wake = move || {
            let _ = proxy.send_event(());
        };
        let reader = ScreenReader::new(event_loop, &window, wake.clone());
        let DeskWindow { control, library, options, .. } = &self.desk;
        let thread = DeskThread::start(control.clone(), library.clone(), *options, self.remote.phones.clone(), wake)?;
        tracing::info!("the desk is open");
        Ok(OpenDesk {
            window,
            surface: None,
            input,
            reader,
            thread,
            chosen: (options.theme, options.side),
            asked_at: None,
            told_hung: false,
            next_at: Instant::now(),
            rate: DeskRate::default(),
            touched_at: None,
            is_new_device: false,
            frame: None,
            is_shown: false,
            glances: Glances::new(),
        })
    }
}

/// The size of a new desk on a monitor: most of it, but all of a small one.
fn first_size(monitor: DeskRect) -> UVec2 {
    let side = |whole: u32, first: u32| if whole <= first { whole } else { (whole * 9 / 10).max(first) };
    UVec2::new(side(monitor.size.x, FIRST.width), side(monitor.size.y, FIRST.height))
}

/// Where a window is on the desktop, where the system says so.
fn rect_of(window: &Window) -> Option<DeskRect> {
    let (at, size) = (window.outer_position().ok()?, window.inner_size());
    Some(DeskRect { origin: glam::IVec2::new(at.x, at.y), size: UVec2::new(size.width, size.height) })
}
