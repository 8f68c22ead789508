//! Staff and keys: who may come in, and with what.

use axum::{
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use base::{Fault, FaultKind, Secret};
use identity::{Role, Scope, StaffView};

use super::{
    mapping::{role_words, scope_words},
    refusal::{Answer, status},
    seat::{Posted, Seat},
};
use crate::{
    components::{badge::Tone, form::Field, notice::Notice},
    console::{
        paths,
        staff::{self, Key, Member, NewMember, NewSecret, StaffPage},
    },
    personal::Personal,
};

/// What a page about staff shows beside the lists.
#[derive(Default)]
struct Shown {
    new_member: NewMember,
    new_key: Field,
    secret: Option<NewSecret>,
    notices: Vec<Notice>,
}

pub(super) async fn show(seat: Seat) -> Answer {
    draw(&seat, Shown::default(), StatusCode::OK).await
}

async fn draw(seat: &Seat, shown: Shown, code: StatusCode) -> Answer {
    seat.demand(Scope::AccessManage)?;
    let app = &seat.desk.app;
    let members = app.staff.list(seat.cx.shop).await?;
    let keys = app.keys.list(seat.cx.shop).await?;
    let role = |role: &Role| {
        let (words, meaning) = role_words(*role);
        (role.code().to_owned(), words.to_owned(), meaning.to_owned())
    };
    let mut new_member = shown.new_member;
    if !new_member.role.is_asked() {
        // Who does not choose gives little away.
        new_member.role = Field::of(Role::Agent.code());
    }
    let model = StaffPage {
        members: members.iter().map(|member| shown_member(seat, member)).collect(),
        roles: Role::ALL.iter().map(role).collect(),
        new_member,
        keys: keys
            .iter()
            .map(|key| Key {
                id: key.id.to_string(),
                name: key.name.clone(),
                scopes: key.scopes.iter().map(ToString::to_string).collect(),
                created_at: key.created_at,
                revoked_at: key.revoked_at,
            })
            .collect(),
        scopes: Scope::ALL
            .iter()
            .map(|scope| (scope.code().to_owned(), scope_words(*scope).to_owned()))
            .collect(),
        new_key: shown.new_key,
        secret: shown.secret,
    };
    Ok((code, staff::page(&seat.shell_with(shown.notices).await?, &model)).into_response())
}

fn shown_member(seat: &Seat, member: &StaffView) -> Member {
    Member {
        id: member.id.to_string(),
        name: Personal::new(&member.name),
        login: Personal::new(&member.login),
        role: role_words(member.role).0.to_owned(),
        since: member.created_at,
        active: member.disabled_at.is_none(),
        is_self: member.id == seat.staff.id,
    }
}

fn is_expected(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Invalid | FaultKind::Conflict)
}

fn refused(fault: &Fault) -> Vec<Notice> {
    vec![Notice::new(Tone::Bad, fault.message.clone())]
}

pub(super) async fn add(Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::AccessManage)?;
    // Passwords may begin or end with blanks.
    let password = Secret::new(fields.all("password").next().unwrap_or_default().to_owned());
    let added = async {
        let role: Role = fields.get("role").parse()?;
        seat.desk.app.staff.add(&seat.cx, fields.get("login"), fields.get("name"), role, &password).await
    };
    match added.await {
        Ok(_) => Ok(Redirect::to(paths::STAFF).into_response()),
        Err(fault) if is_expected(&fault) => {
            let field = |name: &str| match fault.field.as_deref() == Some(name) {
                true => Field::of(fields.get(name)).error(fault.message.clone()),
                false => Field::of(fields.get(name)),
            };
            let password = Field { value: String::new(), ..field("password") };
            let new_member =
                NewMember { name: field("name"), login: field("login"), password, role: field("role") };
            draw(&seat, Shown { new_member, ..Shown::default() }, status(fault.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Somebody else of the shop: nobody shuts themselves out.
async fn other(seat: &Seat, id: &str) -> Result<StaffView, Fault> {
    let members = seat.desk.app.staff.list(seat.cx.shop).await?;
    let unknown = || Fault::not_found("staff_unknown", "There is nobody of this id.");
    let member = members.into_iter().find(|member| member.id.to_string() == id).ok_or_else(unknown)?;
    if member.id == seat.staff.id {
        return Err(Fault::conflict(
            "staff_is_you",
            "This is you; ask another owner, or use the command line.",
        ));
    }
    Ok(member)
}

pub(super) async fn set_password(Path(id): Path<String>, Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::AccessManage)?;
    let password = Secret::new(fields.all("password").next().unwrap_or_default().to_owned());
    let set = async {
        let member = other(&seat, &id).await?;
        seat.desk.app.staff.set_password(&seat.cx, &member.login, &password).await?;
        Ok(format!("The password of {} is set; all their sessions have ended.", member.name))
    };
    tell(&seat, set.await).await
}

pub(super) async fn disable(Path(id): Path<String>, Posted { seat, .. }: Posted) -> Answer {
    seat.demand(Scope::AccessManage)?;
    let shut = async {
        let member = other(&seat, &id).await?;
        seat.desk.app.staff.disable(&seat.cx, &member.login).await?;
        Ok(format!("{} is shut out.", member.name))
    };
    tell(&seat, shut.await).await
}

pub(super) async fn enable(Path(id): Path<String>, Posted { seat, .. }: Posted) -> Answer {
    seat.demand(Scope::AccessManage)?;
    let let_in = async {
        let member = other(&seat, &id).await?;
        seat.desk.app.staff.enable(&seat.cx, &member.login).await?;
        Ok(format!("{} may sign in again, with the password of before.", member.name))
    };
    tell(&seat, let_in.await).await
}

/// The page with what was done, or what was refused.
async fn tell(seat: &Seat, result: Result<String, Fault>) -> Answer {
    match result {
        Ok(words) => {
            let notices = vec![Notice::new(Tone::Good, words)];
            draw(seat, Shown { notices, ..Shown::default() }, StatusCode::OK).await
        }
        Err(fault) if is_expected(&fault) => {
            draw(seat, Shown { notices: refused(&fault), ..Shown::default() }, status(fault.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Answers with the page itself, not by going to it: the secret is shown this once.
pub(super) async fn make_key(Posted { seat, fields }: Posted) -> Answer {
    seat.demand(Scope::AccessManage)?;
    let name = fields.get("key_name").to_owned();
    let made = async {
        let scopes: Vec<Scope> = fields.all("scope").map(str::parse).collect::<Result<_, Fault>>()?;
        seat.desk.app.keys.create(&seat.cx, &name, &scopes).await
    };
    match made.await {
        Ok(new) => {
            let secret =
                Some(NewSecret { name: new.key.name.clone(), secret: Personal::new(new.secret.reveal()) });
            draw(&seat, Shown { secret, ..Shown::default() }, StatusCode::OK).await
        }
        Err(fault) if is_expected(&fault) => {
            let new_key = Field::of(name).error(fault.message.clone());
            draw(&seat, Shown { new_key, ..Shown::default() }, status(fault.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn revoke_key(Path(id): Path<String>, Posted { seat, .. }: Posted) -> Answer {
    seat.demand(Scope::AccessManage)?;
    let unknown = |_| Fault::not_found("key_unknown", "There is no key at this address.");
    seat.desk.app.keys.revoke(&seat.cx, id.parse().map_err(unknown)?).await?;
    Ok(Redirect::to(paths::STAFF).into_response())
}
