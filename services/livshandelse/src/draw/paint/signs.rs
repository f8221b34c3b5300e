//! The signs of the page: arrows, how lines begin, clocks, frames. The same on cards and in the legend.

use super::pen::{Pen, escaped};
use super::{APPLICANT, FAINT, QUIET};
use crate::draw::card::Look;
use crate::draw::graph::How;
use crate::draw::place::Area;
use livshandelse_core::definition::Holder;

/// What the agency does.
pub(in crate::draw) const AGENCY: &str = "#33506e";

/// The head of an arrow with its point at a place.
pub(in crate::draw) fn arrow(pen: &mut Pen, x: f64, y: f64, colour: &str, is_leftwards: bool) {
    let back = if is_leftwards { x + 19.0 } else { x - 19.0 };
    pen.raw(&format!(
        "<path d=\"M{x:.1} {y:.1}L{back:.1} {:.1}L{back:.1} {:.1}Z\" fill=\"{colour}\"/>",
        y - 9.0,
        y + 9.0
    ));
}

/// How a line begins.
pub(in crate::draw) fn begin(pen: &mut Pen, x: f64, y: f64, colour: &str, how: How) {
    let circle = |fill: &str| {
        format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8.5\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"3\"/>"
        )
    };
    match how {
        How::Approved => pen.raw(&circle(colour)),
        How::Sent => pen.raw(&circle("#ffffff")),
        How::Either => {
            pen.raw(&circle("#ffffff"));
            pen.raw(&format!(
                "<path d=\"M{x:.1} {:.1}A8.5 8.5 0 0 1 {x:.1} {:.1}Z\" fill=\"{colour}\"/>",
                y - 8.5,
                y + 8.5
            ));
        }
        How::Lapsed => {
            pen.raw(&circle("#ffffff"));
            let (l, r, t, b) = (x - 4.5, x + 4.5, y - 4.5, y + 4.5);
            pen.path(&format!("M{l:.1} {t:.1}L{r:.1} {b:.1}M{l:.1} {b:.1}L{r:.1} {t:.1}"), colour, 3.0, "");
        }
        How::Executed => pen.rect(
            Area { left: x - 8.5, top: y - 8.5, width: 17.0, height: 17.0 },
            2.0,
            &format!("fill=\"{colour}\""),
        ),
        How::Clock => {
            pen.raw(&circle("#ffffff"));
            pen.path(&format!("M{x:.1} {:.1}V{y:.1}H{:.1}", y - 5.0, x + 4.0), colour, 2.4, "");
        }
    }
}

/// An end where another line would do.
pub(in crate::draw) fn several(pen: &mut Pen, x: f64, y: f64, colour: &str) {
    pen.raw(&format!(
        "<path d=\"M{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}Z\" fill=\"#ffffff\" stroke=\"{colour}\" stroke-width=\"3\"/>",
        x - 10.0,
        y - 10.0,
        x + 10.0,
        y + 10.0
    ));
}

/// Something that happens.
pub(in crate::draw) fn marker(pen: &mut Pen, area: Area) {
    pen.rect(area, area.height / 2.0, "fill=\"#33363b\"");
}

/// A card's frame.
pub(in crate::draw) fn frame(pen: &mut Pen, area: Area, look: Look, is_grief: bool, colour: &str) {
    let fill = if is_grief { QUIET } else { "#ffffff" };
    let style = match look {
        Look::Mandatory => format!("fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"6\""),
        Look::Optional => format!("fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"2\""),
        Look::Information => {
            format!(
                "fill=\"{fill}\" fill-opacity=\"0.55\" stroke=\"{FAINT}\" stroke-width=\"2\" stroke-dasharray=\"3 6\""
            )
        }
    };
    pen.rect(area, 12.0, &style);
}

/// The bar of whoever acts, along a card's left edge.
pub(in crate::draw) fn bar(pen: &mut Pen, area: Area, colour: &str) {
    let inner = Area { left: area.left + 4.0, top: area.top + 6.0, width: 9.0, height: area.height - 12.0 };
    pen.rect(inner, 4.0, &format!("fill=\"{colour}\""));
}

fn holder_colour(holder: Holder) -> &'static str {
    match holder {
        Holder::Applicant => APPLICANT,
        Holder::Agency => AGENCY,
    }
}

/// A clock, filled when something ends with it; a coin when waiting costs.
pub(in crate::draw) fn clock(pen: &mut Pen, x: f64, y: f64, holder: Holder, is_hard: bool, has_price: bool) {
    let colour = holder_colour(holder);
    let (fill, hands) = if is_hard { (colour, "#ffffff") } else { ("#ffffff", colour) };
    pen.raw(&format!(
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"11.5\" fill=\"{fill}\" stroke=\"{colour}\" stroke-width=\"2.6\"/>"
    ));
    if has_price {
        pen.raw(&format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"14\" font-weight=\"700\" text-anchor=\"middle\" fill=\"{hands}\" aria-hidden=\"true\">kr</text>",
            y + 4.8
        ));
    } else {
        pen.path(&format!("M{x:.1} {:.1}V{y:.1}H{:.1}", y - 7.0, x + 5.5), hands, 2.6, "");
    }
}

/// The letter of a clock that several steps have.
pub(in crate::draw) fn letter(pen: &mut Pen, x: f64, y: f64, letter: &str, holder: Option<Holder>) {
    let colour = holder.map_or(FAINT, holder_colour);
    pen.raw(&format!(
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"15\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.6\"/>"
    ));
    pen.raw(&format!(
        "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"21\" font-weight=\"700\" text-anchor=\"middle\" fill=\"{colour}\">{}</text>",
        y + 7.6,
        escaped(letter)
    ));
}

/// A square badge with a number or a sign.
pub(in crate::draw) fn square(pen: &mut Pen, x: f64, y: f64, text: &str) {
    let area = Area { left: x - 14.0, top: y - 14.0, width: 28.0, height: 28.0 };
    pen.rect(area, 4.0, &format!("fill=\"none\" stroke=\"{FAINT}\" stroke-width=\"2.2\""));
    pen.raw(&format!(
        "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"21\" font-weight=\"700\" text-anchor=\"middle\" fill=\"{FAINT}\">{}</text>",
        y + 7.6,
        escaped(text)
    ));
}
