//! How the frames go, the machine, and each projector. See [`Health`].

use std::collections::VecDeque;

use egui::{Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2};

use super::widgets::PanelContext;
use millions_control::Status;

/// Measurements that the graph shows, one each half second: two minutes.
const KEPT: usize = 240;
/// The interval of measurements, in seconds.
const INTERVAL_SECS: f64 = 0.5;

/// The graph's measurements.
#[derive(Default)]
pub struct Health {
    /// Milliseconds of a frame: between frames, of the CPU and the GPU; and whether any was late.
    frames: VecDeque<([f32; 3], bool)>,
    measured_secs: f64,
    late: u64,
}

impl Health {
    /// Takes a measurement.
    pub fn follow(&mut self, status: &Status) {
        if (status.secs - self.measured_secs).abs() < INTERVAL_SECS {
            return;
        }
        self.measured_secs = status.secs;
        let frames = &status.frames;
        let interval = if frames.hz > 0.0 { 1000.0 / frames.hz } else { 0.0 };
        let times = [interval, frames.cpu_ms, frames.gpu_ms.unwrap_or(0.0)].map(|ms| ms as f32);
        if self.frames.len() == KEPT {
            self.frames.pop_front();
        }
        let was_late = frames.late > std::mem::replace(&mut self.late, frames.late) && !self.frames.is_empty();
        self.frames.push_back((times, was_late));
    }

    pub fn ui(&self, ui: &mut Ui, context: &PanelContext<'_>) {
        let status = context.status;
        let frames = &status.frames;
        self.graph(ui, context);
        context.fact(ui, "frames", format!("{:.1} a second, {} in all", frames.hz, frames.frames));
        context.fact(ui, "late", format!("{}, with coarse tiles {}", frames.late, frames.incomplete));
        let gpu = frames.gpu_ms.map_or("not measured".to_owned(), |ms| format!("{ms:.2} ms"));
        context.fact(ui, "of a frame", format!("CPU {:.2} ms, GPU {gpu}", frames.cpu_ms));
        let missing = format!("{} coarse, {} dark", frames.below_wanted, frames.missing);
        context.fact(ui, "tiles", format!("{:.0} uploads a second, {missing}", frames.uploads_a_sec));
        context.fact(ui, "GPU", frames.adapter.clone());
        context.heading(ui, "The machine");
        let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
        context.fact(ui, "memory", gib(status.machine.memory_bytes));
        if let Some(free) = status.machine.disk_free_bytes {
            context.fact(ui, "free on the disk", gib(free));
        }
        for sensor in &status.machine.temperatures {
            context.fact(ui, &sensor.name, format!("{:.0} °C", sensor.celsius));
        }
        context.heading(ui, "Projectors");
        for output in &status.outputs {
            let [width, height] = output.size;
            let link = if output.lit { format!("lit at {:.1} Hz", output.hz) } else { "NOT LIT".to_owned() };
            let monitor = output.monitor.as_deref().unwrap_or("any monitor");
            context.fact(ui, &output.name, format!("{link}, {width} × {height}, {monitor}"));
        }
        context.heading(ui, "The program");
        let watchdog = &status.watchdog;
        let supervisor = if watchdog.supervised { "" } else { ", nobody restarts it" };
        context.fact(ui, "watchdog", format!("{}{supervisor}", watchdog.state));
        context.fact(ui, "drawn", watchdog.mode.clone());
        if let Some(last) = watchdog.recoveries.last() {
            context.fact(ui, "recoveries", format!("{}, the last: {}", watchdog.recoveries.len(), last.text));
        }
        context.fact(ui, "version", status.version.clone());
        context.fact(ui, "stage", status.stage.file.clone());
    }

    /// The time between frames as a line, the GPU's and the CPU's part below it, and a mark where a frame was late.
    fn graph(&self, ui: &mut Ui, context: &PanelContext<'_>) {
        let size = Vec2::new(ui.available_width(), 110.0 * context.scale);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "frame times of two minutes"));
        let (painter, palette) = (ui.painter_at(rect), context.palette);
        painter.rect_filled(rect, 2.0, palette.button);
        let most = self.frames.iter().flat_map(|(times, _)| times).fold(20.0_f32, |most, ms| most.max(*ms)).min(200.0);
        let at = |index: usize, ms: f32| {
            let x = rect.right() - (self.frames.len() - 1 - index) as f32 / KEPT as f32 * rect.width();
            pos2(x, rect.bottom() - (ms / most).min(1.0) * rect.height())
        };
        for (index, (_, was_late)) in self.frames.iter().enumerate() {
            if *was_late {
                let x = at(index, 0.0).x;
                painter
                    .line_segment([pos2(x, rect.top()), pos2(x, rect.top() + 8.0)], Stroke::new(2.0, palette.warning));
            }
        }
        for (which, ink, width) in [(1, palette.faint, 1.0), (2, palette.focus, 1.0), (0, palette.ink, 2.0)] {
            let points = self.frames.iter().enumerate().map(|(index, (times, _))| at(index, times[which])).collect();
            painter.line(points, Stroke::new(width, ink));
        }
        painter.rect_stroke(rect, 2.0, Stroke::new(1.0, palette.edge), StrokeKind::Inside);
        let font = egui::FontId::proportional(12.0 * context.scale);
        let text = format!("{most:.0} ms: between frames (thick), GPU, CPU (faint)");
        // Below the marks.
        painter.text(rect.left_top() + Vec2::new(4.0, 11.0), egui::Align2::LEFT_TOP, text, font, palette.faint);
    }
}
