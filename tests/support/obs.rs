//! OBS Studio as a streamer has it: a window (under Xvfb), a custom service, the Start button pressed at the start.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

const PROFILE: &str = "[General]\nName=test\n[Output]\nMode=Advanced\n[AdvOut]\nEncoder=obs_x264\nTrackIndex=1\n\
    [Video]\nBaseCX=640\nBaseCY=360\nOutputCX=640\nOutputCY=360\nFPSType=0\nFPSCommon=30\n\
    [Audio]\nSampleRate=48000\n";
const GLOBAL: &str = "[General]\nFirstRun=true\nLastVersion=486539266\nEnableAutoUpdates=false\nPre19Defaults=false\n\
    [Basic]\nProfile=test\nProfileDir=test\nSceneCollection=test\nSceneCollectionFile=test\n\
    [BasicWindow]\nWarnBeforeStartingStream=false\nWarnBeforeStoppingStream=false\n";

/// OBS, streaming until it is stopped.
pub struct Obs {
    obs: Child,
    screen: Child,
    _home: TempDir,
}

impl Obs {
    /// Starts streaming to `server` (`rtmp://…/live`) with this key.
    pub fn stream(server: &str, key: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("obs-studio");
        let profile = config.join("basic/profiles/test");
        fs::create_dir_all(&profile).unwrap();
        fs::create_dir_all(config.join("basic/scenes")).unwrap();
        fs::write(config.join("global.ini"), GLOBAL).unwrap();
        fs::write(profile.join("basic.ini"), PROFILE).unwrap();
        let service = json!({ "type": "rtmp_custom", "settings": { "server": server, "key": key } });
        write(&profile.join("service.json"), &service);
        // What OBS sends when a streamer follows our guide: CBR, a keyframe a second.
        let encoder =
            json!({ "rate_control": "CBR", "bitrate": 800, "keyint_sec": 1, "preset": "ultrafast" });
        write(&profile.join("streamEncoder.json"), &encoder);
        write(&config.join("basic/scenes/test.json"), &scene());

        let display = format!(":{}", 200 + std::process::id() % 300);
        let screen = Command::new("Xvfb")
            .args([&display, "-screen", "0", "1024x600x24", "-nolisten", "tcp"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let socket = format!("/tmp/.X11-unix/X{}", display.trim_start_matches(':'));
        let deadline = std::time::Instant::now() + super::PATIENCE;
        while !Path::new(&socket).exists() {
            assert!(std::time::Instant::now() < deadline, "Xvfb did not start");
            std::thread::yield_now();
        }
        let obs = Command::new("obs")
            .args([
                "--startstreaming",
                "--disable-updater",
                "--disable-shutdown-check",
                "--multi",
            ])
            .args(["--profile", "test", "--collection", "test"])
            .env("DISPLAY", display)
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env("XDG_RUNTIME_DIR", home.path())
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("QT_QPA_PLATFORM", "xcb")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            obs,
            screen,
            _home: home,
        }
    }
}

impl Drop for Obs {
    fn drop(&mut self) {
        for child in [&mut self.obs, &mut self.screen] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn write(path: &Path, value: &Value) {
    fs::write(path, value.to_string()).unwrap();
}

/// One scene with one coloured block.
fn scene() -> Value {
    let block = json!({
        "name": "block", "id": "color_source", "versioned_id": "color_source_v3", "enabled": true,
        "settings": { "color": 4_280_443_104_u32, "width": 320, "height": 180 },
    });
    let scene = json!({
        "name": "Scene", "id": "scene", "versioned_id": "scene", "enabled": true,
        "settings": { "id_counter": 1, "items": [{
            "name": "block", "id": 1, "visible": true, "pos": { "x": 100.0, "y": 60.0 },
            "scale": { "x": 1.0, "y": 1.0 }, "align": 5,
        }] },
    });
    json!({
        "name": "test", "current_scene": "Scene", "current_program_scene": "Scene",
        "scene_order": [{ "name": "Scene" }], "sources": [block, scene],
    })
}
