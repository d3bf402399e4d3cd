//! The PowerShell in this repository.
//!
//! - [`syntax`]: every script is parsed, and held to what Windows PowerShell 5.1 reads; [`checker`] is how.
//! - [`reading`] and [`changing`]: the scripts of the catalogue, run by real PowerShell through the agent's own runner,
//!   on a stand-in for Microsoft's module (`ADSync/`); [`site`] is where that lies.
//!
//! Windows PowerShell (`powershell`) and PowerShell 7 (`pwsh`) take part where they are on `PATH`. Without them those
//! tests are skipped, unless `SYNCMEDIC_REQUIRE` names `powershell` or `pwsh`: then that is a failure.
#![cfg(feature = "agent")]

mod changing;
mod checker;
mod reading;
mod site;
mod syntax;
