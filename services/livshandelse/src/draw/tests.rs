//! The drawings of the life events that are built in: everything is drawn, and nothing lies upon anything else.

use super::card::PORT_FIRST;
use super::graph::Node;
use super::order::Item;
use super::paper::Paper;
use super::place::{Area, LABEL_WIDTH, Page};
use super::{Subject, measure, paint, svg, timeline};
use crate::show::words::Language;
use crate::simulate::{Played, play};
use livshandelse_workflows::Bundle;
use std::sync::{Arc, LazyLock};

/// Every life event in every language, laid out once for all tests.
static PAGES: LazyLock<Vec<(Arc<Bundle>, Language, Page)>> = LazyLock::new(|| {
    let bundles = Bundle::embedded_names().iter().map(|name| Arc::new(Bundle::embedded(name).unwrap()));
    let all = bundles.flat_map(|bundle| [(bundle.clone(), Language::Sv), (bundle, Language::En)]);
    all.map(|(bundle, language)| {
        let page = Page::of(&Subject { definition: &bundle.definition, texts: &bundle.texts, language });
        (bundle, language, page)
    })
    .collect()
});

fn each(look: impl Fn(&Subject<'_>, &Page, &str)) {
    for (bundle, language, page) in PAGES.iter() {
        let subject = Subject { definition: &bundle.definition, texts: &bundle.texts, language: *language };
        look(&subject, page, &format!("{} in {language:?}", bundle.definition.revision()));
    }
}

/// Every sample's timeline in every language.
fn each_timeline(look: impl Fn(&Played, &Bundle, &str, &str)) {
    for name in Bundle::embedded_names() {
        let bundle = Bundle::embedded(name).unwrap();
        for sample in &bundle.samples {
            let played = play(&bundle, sample).unwrap();
            for language in [Language::Sv, Language::En] {
                let drawing = timeline::svg(&played, &bundle, sample, language);
                look(&played, &bundle, &drawing, &format!("{} in {language:?}", sample.name));
            }
        }
    }
}

/// The numbers of an attribute, wherever it stands.
fn numbers<'a>(drawing: &'a str, attribute: &'a str) -> impl Iterator<Item = f64> + 'a {
    drawing.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok())
}

fn overlap(one: Area, other: Area) -> bool {
    one.left < other.left + other.width
        && other.left < one.left + one.width
        && one.top < other.top + other.height
        && other.top < one.top + one.height
}

fn is_within(inner: Area, outer: Area) -> bool {
    inner.left >= outer.left
        && inner.top >= outer.top
        && inner.left + inner.width <= outer.left + outer.width
        && inner.top + inner.height <= outer.top + outer.height
}

#[test]
fn no_card_lies_upon_another_and_each_is_in_its_agencys_band() {
    each(|_, page, place| {
        let areas: Vec<(usize, Area)> = page.areas.iter().map(|(node, area)| (*node, *area)).collect();
        for (index, (node, area)) in areas.iter().enumerate() {
            for (other, taken) in &areas[index + 1..] {
                let (one, two) = (&page.graph.nodes[*node], &page.graph.nodes[*other]);
                assert!(!overlap(*area, *taken), "{place}: {one:?} and {two:?} lie upon one another");
            }
            let band = page.bands[page.graph.band_of[*node]].1;
            assert!(is_within(*area, band), "{place}: {:?} is outside its band", page.graph.nodes[*node]);
        }
    });
}

#[test]
fn every_step_is_drawn_once_with_its_whole_title() {
    each(|subject, page, place| {
        let drawing = paint::paint(subject, page);
        for step in subject.definition.steps() {
            let group = format!("<g id=\"step-{}\">", step.slug);
            assert_eq!(drawing.matches(&group).count(), 1, "{place}: {}", step.slug);
        }
        assert_eq!(page.cards.len(), subject.definition.steps().len());
        for (node, card) in &page.cards {
            let Node::Step(index) = page.graph.nodes[*node] else { panic!("{place}: a card of no step") };
            let title = subject.text(&format!("step-{}", subject.definition.steps()[index].slug));
            let shown = card.title.join(" ");
            let bare = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
            assert_eq!(bare(&shown), bare(&title), "{place}");
        }
    });
}

#[test]
fn every_need_has_a_line_that_ends_at_its_step() {
    each(|subject, page, place| {
        for (index, step) in subject.definition.steps().iter().enumerate() {
            let node = page.graph.nodes.iter().position(|node| *node == Node::Step(index)).unwrap();
            for number in 0..step.needs.len() {
                let drawn = page.channels.iter().zip(&page.columns.segments).any(|(channel, segments)| {
                    segments.iter().any(|segment| {
                        let link = &page.graph.links[segment.link];
                        let waits = if link.is_backward { segment.from } else { segment.to };
                        link.need == number
                            && waits == Item::Node(node)
                            && channel.nets.iter().any(|net| {
                                net.from == segment.from && net.ends.iter().any(|end| end.item == segment.to)
                            })
                    })
                });
                assert!(drawn, "{place}: need {number} of {} has no line", step.slug);
            }
        }
    });
}

#[test]
fn lines_run_in_channels_beside_the_cards_and_pass_columns_where_no_card_is() {
    each(|_, page, place| {
        for channel in &page.channels {
            for net in &channel.nets {
                if let Some(upright) = net.upright {
                    assert!(upright > channel.left && upright < channel.right, "{place}: a line leaves its channel");
                }
            }
        }
        for (left, right, y, _) in &page.passes {
            let line = Area { left: *left, top: *y - 1.0, width: right - left, height: 2.0 };
            let hit = page.areas.iter().find(|(_, area)| overlap(**area, line));
            assert!(hit.is_none(), "{place}: a line runs through {:?}", hit.map(|(node, _)| &page.graph.nodes[*node]));
        }
    });
}

#[test]
fn everything_is_inside_a_paper_that_the_drawing_names_and_large_enough_to_read_there() {
    each(|subject, page, place| {
        let paper = Area { left: 0.0, top: 0.0, width: page.width, height: page.height };
        for area in page.areas.values().chain(page.bands.iter().map(|(_, area)| area)) {
            assert!(is_within(*area, paper), "{place}: something is outside the page");
        }
        for (band, area) in &page.bands {
            assert!(paint::names_height(band, page.name_size) <= area.height, "{place}: {:?} have no room", band.names);
            let unbroken = band.names.iter().flat_map(|name| name.split_whitespace());
            for word in unbroken {
                let room = LABEL_WIDTH - 56.0;
                assert!(measure::width(word, page.name_size, true) <= room, "{place}: {word} is broken");
            }
        }
        assert!((page.width / page.height - 420.0 / 297.0).abs() < 0.01, "{place}: {} × {}", page.width, page.height);
        let millimetres = page.paper.text_mm(page.width);
        assert!(millimetres >= Paper::TEXT_MM_MIN, "{place}: the text is {millimetres:.2} mm high");
        let drawing = paint::paint(subject, page);
        let (across, down) = page.paper.millimetres();
        assert!(drawing.contains(&format!("width=\"{across}mm\" height=\"{down}mm\"")), "{place}");
        assert!(drawing.contains(&format!(" {}</text>", page.paper.name())), "{place}: no paper is named");
        assert!(page.paper <= Paper::A2, "{place}: it takes {}", page.paper.name());
    });
}

#[test]
fn ports_are_on_their_cards() {
    each(|_, page, place| {
        for channel in &page.channels {
            for net in &channel.nets {
                let ends = net.ends.iter().map(|end| (end.item, end.y));
                for (item, y) in ends.chain([(net.from, net.from_y)]) {
                    let Item::Node(node) = item else { continue };
                    let area = page.areas[&node];
                    let margin = if page.cards.contains_key(&node) { PORT_FIRST / 2.0 } else { 1.0 };
                    assert!(
                        y >= area.top + margin && y <= area.top + area.height - margin,
                        "{place}: a line misses {:?}",
                        page.graph.nodes[node]
                    );
                }
            }
        }
    });
}

#[test]
fn the_same_definition_gives_the_same_page_and_it_is_well_formed() {
    each(|subject, page, place| {
        let drawing = paint::paint(subject, page);
        assert_eq!(drawing, svg(subject.definition, subject.texts, subject.language), "{place}");
        assert_well_formed(&drawing, place);
    });
}

fn assert_well_formed(drawing: &str, place: &str) {
    let mut open: Vec<String> = Vec::new();
    for tag in drawing.split('<').skip(1) {
        let name: String = tag.chars().take_while(|letter| !letter.is_whitespace() && *letter != '>').collect();
        let head = tag.split('>').next().unwrap_or_default();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "{place}");
        } else if !head.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{place}: {open:?} are never closed");
    assert!(drawing.contains("role=\"img\"") && drawing.contains("<desc id=\"description\">"));
}

#[test]
fn a_timeline_has_a_row_for_each_step_within_a_paper_that_it_names_and_can_be_read_on() {
    each_timeline(|played, _, drawing, place| {
        assert_well_formed(drawing, place);
        for row in &played.rows {
            let group = format!("<g id=\"row-{}\">", row.step);
            assert_eq!(drawing.matches(&group).count(), 1, "{place}: {}", row.step);
        }
        let (bands, marks) =
            (played.rows.iter().map(|row| row.bands.len()), played.rows.iter().map(|row| row.marks.len()));
        assert!(bands.sum::<usize>() > 0 && marks.sum::<usize>() > 0, "{place}");
        let view = drawing.split("viewBox=\"0 0 ").nth(1).unwrap().split('"').next().unwrap();
        let (across, down) =
            view.split_once(' ').map(|(x, y)| (x.parse::<f64>().unwrap(), y.parse::<f64>().unwrap())).unwrap();
        assert!((across / down - 420.0 / 297.0).abs() < 0.01, "{place}: {across} × {down}");
        let paper = Paper::of_width(across);
        assert!(paper.text_mm(across) >= Paper::TEXT_MM_MIN && paper <= Paper::A2, "{place}: {}", paper.name());
        assert!(drawing.contains(&format!(" {}</text>", paper.name())), "{place}: no paper is named");
        let (right, bottom) =
            (numbers(drawing, " x=\"").fold(0.0, f64::max), numbers(drawing, " y=\"").fold(0.0, f64::max));
        assert!(right < across - 20.0 && bottom < down - 20.0, "{place}: something is at {right} · {bottom}");
    });
}
