//! A graphics card that fails: a layer of Vulkan (scripts/vulkan-faults.c) between the program and the adapter.

use std::path::Path;
use std::process::Command;

/// Builds the layer in `folder`.
pub(crate) fn build(folder: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/vulkan-faults.c");
    let library = folder.join("libfaults.so");
    let built = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", "-fvisibility=hidden", "-o"])
        .args([&library, &source])
        .status();
    assert!(built.unwrap().success());
    let layer = serde_json::json!({
        "name": "VK_LAYER_TANBA_faults",
        "type": "GLOBAL",
        "library_path": "./libfaults.so",
        "api_version": "1.3.0",
        "implementation_version": "1",
        "description": "a card that fails",
    });
    let manifest = serde_json::json!({ "file_format_version": "1.0.0", "layer": layer });
    std::fs::write(folder.join("faults.json"), manifest.to_string()).unwrap();
}

/// Has every card that `command` uses fail from call number `first` on: `lost` counts submissions, `memory` allocations.
pub(crate) fn fails(command: &mut Command, folder: &Path, fault: &str, first: u32) {
    command
        .env("VK_ADD_LAYER_PATH", folder)
        .env("VK_INSTANCE_LAYERS", "VK_LAYER_TANBA_faults")
        .env("VULKAN_FAULT", fault)
        .env("VULKAN_FAULT_AT", first.to_string());
}
