//! Signing in to the console.

use maud::{Markup, html};

use crate::{
    assets,
    components::{
        form::{self, Field, Input},
        icon::{Icon, icon},
        shell,
    },
    console::paths,
    personal::Personal,
};

/// The sign-in form, fresh or after a refusal.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    pub csrf: String,
    /// Short name of the shop, when the address named one.
    pub shop: Option<String>,
    pub login: Personal,
    /// One plain sentence that never says which of the two was wrong.
    pub refusal: Option<String>,
    /// Where to go afterwards, a path of ours.
    pub next: String,
}

pub fn page(model: &SignIn) -> Markup {
    shell::bare(
        "Sign in",
        "welcome",
        html! {
            div.welcome-form {
                div.welcome-logo { (assets::mark()) span { "Trunkline" } }
                h1 { "Sign in" }
                p.lead { "The customer record of your shop." }
                @if let Some(refusal) = &model.refusal { p.notice.tone-bad role="alert" { (icon(Icon::Alert)) span { (refusal) } } }
                (fields(model))
                p.note { "No account? The shop's owner adds staff under “Staff and keys”, or on the machine itself with " code { "trunkline staff add" } "." }
            }
            div.welcome-art aria-hidden="true" { (switchboard()) }
        },
    )
}

fn fields(model: &SignIn) -> Markup {
    let login = Input { autocomplete: "username", required: true, ..Input::text("login", "Login") };
    let password = Input {
        kind: "password",
        autocomplete: "current-password",
        required: true,
        ..Input::text("password", "Password")
    };
    html! {
        form.stack method="post" action=(paths::SIGN_IN) {
            (form::csrf(&model.csrf))
            input type="hidden" name="next" value=(model.next);
            @if let Some(shop) = &model.shop { input type="hidden" name="shop" value=(shop); }
            (form::input(&login, &Field::of(model.login.reveal())))
            (form::input(&password, &Field::default()))
            button.button.is-primary.is-large { "Sign in" }
        }
    }
}

/// Jacks of a switchboard and a few cords between them.
fn switchboard() -> Markup {
    let cords = [
        "M165 135C165 330 405 250 405 465",
        "M285 195C285 420 645 330 645 615",
        "M525 135C525 320 225 380 225 645",
        "M585 255C585 400 345 480 345 705",
    ];
    let plugs = [
        (165, 135, 1),
        (405, 465, 1),
        (285, 195, 2),
        (645, 615, 2),
        (525, 135, 3),
        (225, 645, 3),
        (585, 255, 1),
        (345, 705, 1),
    ];
    html! {
        svg viewBox="0 0 810 810" preserveAspectRatio="xMidYMid slice" focusable="false" {
            @for row in 0..14 { @for column in 0..14 { circle.jack cx=(-15 + column * 60) cy=(15 + row * 60) r="6" {} } }
            @for (at, cord) in cords.iter().enumerate() { path class={ "cord cord-" (at % 3 + 1) } d=(cord) {} }
            @for (x, y, at) in plugs { circle class={ "plug plug-" (at) } cx=(x) cy=(y) r="9" {} }
        }
    }
}
