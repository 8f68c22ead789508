//! Finding customers: the results page, and what the search box suggests while somebody types.

use axum::{
    extract::Query,
    http::header,
    response::{AppendHeaders, IntoResponse},
};
use base::PageRequest;
use identity::Scope;
use serde::Deserialize;

use super::{
    refusal::Answer,
    region::{self, supported},
    seat::Seat,
};
use crate::{
    components::{form::Field, search_box::suggestions, shell::Shell, table::Paging},
    console::{
        paths,
        search::{self, Search},
    },
    format,
    personal::Personal,
};

/// Customers on a results page.
const RESULTS_MAX: usize = 50;
/// Customers suggested while typing.
const SUGGESTED_MAX: usize = 8;

#[derive(Deserialize)]
pub(super) struct Asked {
    q: Option<String>,
    after: Option<String>,
    region: Option<String>,
}

pub(super) async fn show(mut seat: Seat, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::CustomersRead)?;
    let chosen = asked.region.as_deref().and_then(supported);
    seat.region.chosen = chosen.or(seat.region.chosen);
    let query = asked.q.unwrap_or_default().trim().to_owned();
    let mut model =
        if query.is_empty() { everybody(&seat, asked.after).await? } else { matches(&seat, &query).await? };
    model.region = Field::of(seat.region().await.map(|region| region.to_string()).unwrap_or_default());
    model.regions = region::choices(false);
    let shell = Shell { query: Personal::new(query), ..seat.shell().await? };
    let cookie = chosen.map(|region| [(header::SET_COOKIE, region::remember(region, seat.desk.transport))]);
    let page = search::page(&shell, &model);
    Ok(match cookie {
        Some(cookie) => (AppendHeaders(cookie), page).into_response(),
        None => page.into_response(),
    })
}

/// All customers, a page at a time.
async fn everybody(seat: &Seat, after: Option<String>) -> Result<Search, base::Fault> {
    let first = after.is_some().then(|| paths::SEARCH.to_owned());
    let page = seat.desk.app.customers.list(&seat.cx, &PageRequest::new(Some(RESULTS_MAX), after)).await?;
    let known = |summary: &customers::Summary| format!("Since {}", format::date(summary.first_at));
    let found = seat.shown(page.items.iter().map(|summary| (summary, known(summary))).collect()).await?;
    let next = page.next.map(|cursor| format!("{}?after={}", paths::SEARCH, search::encode(&cursor.0)));
    let words = format::counted(found.len() as u64, "customer", "customers");
    Ok(Search { found, paging: Paging { first, next, words }, ..Search::default() })
}

async fn matches(seat: &Seat, query: &str) -> Result<Search, base::Fault> {
    let searched = seat.find(query, RESULTS_MAX).await?;
    let words = format::counted(searched.found.len() as u64, "customer", "customers");
    Ok(Search {
        query: Personal::new(query),
        understood: Personal::new(searched.understood),
        found: searched.found,
        paging: Paging { words, ..Paging::default() },
        ..Search::default()
    })
}

pub(super) async fn suggest(seat: Seat, Query(asked): Query<Asked>) -> Answer {
    seat.demand(Scope::CustomersRead)?;
    let query = asked.q.unwrap_or_default();
    let searched = seat.find(&query, SUGGESTED_MAX).await?;
    Ok(suggestions(&searched.found).into_response())
}
