//! `hexward user`: accounts, and the first administrator.

use super::open::{open, told};
use crate::app::account::{AccountPatch, NewAccount, create_account, fold_login, update_account};
use crate::config::ConfigArgs;
use crate::domain::access::Role;
use crate::domain::issue::kind::Kind;
use crate::store::port::GrantRow;
use anyhow::{Context, bail};
use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum UserCommand {
    /// Make an account.
    Add(AddArgs),
    /// Give an account a new password, to be changed at the next sign-in.
    Password(LoginArgs),
    /// Close an account; its sessions end.
    Close(LoginArgs),
    /// List all accounts.
    List,
}

#[derive(Debug, clap::Args)]
pub struct AddArgs {
    login: String,
    /// The person's name; the login when not given.
    #[arg(long)]
    name: Option<String>,
    /// A grant: ROLE[,area=CODE][,department=CODE][,kinds=hazard+dispute+opinion]; may be repeated.
    #[arg(long = "grant", value_name = "GRANT", required = true, value_parser = parse_grant)]
    grants: Vec<GrantRow>,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, clap::Args)]
pub struct LoginArgs {
    login: String,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, clap::Args)]
pub struct PasswordArgs {
    /// Read the password from standard input instead of making one and showing it.
    #[arg(long)]
    password_stdin: bool,
}

/// Reads a grant as it is written on the command line.
fn parse_grant(text: &str) -> Result<GrantRow, String> {
    let mut parts = text.split(',');
    let role = parts.next().unwrap_or("");
    let roles = || Role::ALL.map(Role::as_str).join(", ");
    let mut grant = GrantRow {
        role: Role::parse(role).ok_or_else(|| format!("{role:?} is none of {}", roles()))?,
        area_code: None,
        department: None,
        kinds: None,
    };
    for part in parts {
        let (name, value) = part.split_once('=').ok_or("expected NAME=VALUE after the role")?;
        match name {
            "area" => grant.area_code = Some(value.to_owned()),
            "department" => grant.department = Some(value.to_owned()),
            "kinds" => {
                let kind = |k| Kind::parse(k).ok_or_else(|| format!("{k:?} is no kind"));
                grant.kinds = Some(value.split('+').map(kind).collect::<Result<_, _>>()?);
            }
            other => return Err(format!("{other:?} is none of area, department, kinds")),
        }
    }
    Ok(grant)
}

/// The password: from standard input, or made up and shown.
fn obtain_password(args: &PasswordArgs) -> anyhow::Result<(String, bool)> {
    if !args.password_stdin {
        return Ok((made_password(), true));
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprintln!("password:");
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("reading the password")?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

fn made_password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let bytes: [u8; 16] = rand::random();
    bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect()
}

/// Runs the command.
///
/// # Errors
/// The login is taken or unknown, a grant names what does not exist.
pub async fn run(config: &ConfigArgs, command: UserCommand) -> anyhow::Result<ExitCode> {
    let (_, ctx) = open(config).await?;
    match command {
        UserCommand::Add(args) => {
            let (password, made) = obtain_password(&args.password)?;
            let new = NewAccount {
                name: args.name.unwrap_or_else(|| args.login.clone()),
                login: args.login,
                password: password.clone(),
                must_change_password: made,
                grants: args.grants,
                by: None,
            };
            let account = create_account(&ctx, new).await.map_err(told)?;
            println!("made the account {}", account.login);
            show_password(made, &password);
        }
        UserCommand::Password(args) => {
            let (password, made) = obtain_password(&args.password)?;
            let patch =
                AccountPatch { password: Some(password.clone()), ..AccountPatch::default() };
            patch_account(&ctx, &args.login, patch).await?;
            show_password(made, &password);
        }
        UserCommand::Close(args) => {
            let patch = AccountPatch { active: Some(false), ..AccountPatch::default() };
            patch_account(&ctx, &args.login, patch).await?;
            println!("closed the account {}", args.login);
        }
        UserCommand::List => {
            for account in ctx.store.list_accounts().await? {
                let roles: Vec<_> = account.grants.iter().map(|g| g.role.as_str()).collect();
                let closed = if account.active { "" } else { " (closed)" };
                println!("{}\t{}\t{}{closed}", account.login, account.name, roles.join(" "));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn show_password(made: bool, password: &str) {
    if made {
        println!("password: {password}  (to be changed at the first sign-in)");
    }
}

async fn patch_account(
    ctx: &crate::app::ctx::Ctx,
    login: &str,
    patch: AccountPatch,
) -> anyhow::Result<()> {
    let Some(account) = ctx.store.find_account_by_login(&fold_login(login)).await? else {
        bail!("there is no account {login:?}");
    };
    update_account(ctx, account.id, patch).await.map_err(told)?;
    Ok(())
}
