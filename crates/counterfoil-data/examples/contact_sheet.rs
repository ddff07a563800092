//! Writes a contact sheet of the world `digits`: `cargo run -p counterfoil-data --example contact_sheet -- FILE.png`.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file =
        std::env::args_os().nth(1).map_or_else(|| "digits-contact-sheet.png".into(), PathBuf::from);
    counterfoil_data::digits::contact_sheet(20, 1)?.write(&file)?;
    Ok(())
}
