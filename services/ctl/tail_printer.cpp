#include "services/ctl/tail_printer.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "common/base/printable.hpp"
#include "common/base/time.hpp"
#include "common/events/forms.hpp"

namespace onput::ctl {
namespace {

const schema::ObjectEvent* event_in(const RecordBody& body) {
    return std::get_if<schema::ObjectEvent>(&body);
}

struct Field {
    std::string_view name;
    std::string (*value)(const schema::JournalRecord& record, const RecordBody& body);
};

constexpr std::array fields{
    Field{"sequence",
          [](const auto& record, const auto&) { return std::to_string(record.sequence); }},
    Field{"time",
          [](const auto& record, const auto&) { return format_iso8601_millis(record.time); }},
    Field{"type", [](const auto& record, const auto&) { return record.type; }},
    Field{"bucket",
          [](const auto&, const auto& body) {
              const auto object = object_of(body);
              return object ? std::string(object->bucket) : std::string();
          }},
    Field{"key",
          [](const auto&, const auto& body) {
              const auto object = object_of(body);
              return object ? std::string(object->key) : std::string();
          }},
    Field{"size",
          [](const auto&, const auto& body) {
              const auto* event = event_in(body);
              return event == nullptr ? std::string() : std::to_string(event->size_bytes);
          }},
    Field{"etag",
          [](const auto&, const auto& body) {
              const auto* event = event_in(body);
              return event == nullptr ? std::string() : event->etag;
          }},
    Field{"version",
          [](const auto&, const auto& body) {
              const auto* event = event_in(body);
              return event == nullptr ? std::string() : event->version_id;
          }},
    Field{"event_id", [](const auto&, const auto& body) { return events::event_id_of(body); }},
    Field{"trace", [](const auto&, const auto& body) { return trace_of(body).trace_id; }},
    Field{"status",
          [](const auto&, const auto& body) {
              return std::string(to_string(events::status_of(body)));
          }},
    Field{"subject", [](const auto&, const auto& body) { return subject_of(body); }},
    Field{"detail", [](const auto&, const auto& body) { return detail_of(body); }},
};

const Field* find_field(std::string_view name) {
    const auto* found = std::ranges::find(fields, name, &Field::name);
    return found == fields.end() ? nullptr : found;
}

std::unexpected<Error> refuse(std::string text) {
    return fail(ErrorCode::invalid_argument, std::move(text));
}

Result<TailFormat> format_of(std::string_view name) {
    if (name.empty() || name == "pretty" || name == "table") return TailFormat::pretty;
    if (name == "json" || name == "jsonl") return TailFormat::json;
    if (name == "cloudevent") return TailFormat::cloud_event;
    if (name == "template") return TailFormat::text_template;
    return refuse(
        fmt::format("-o '{}' is not one of pretty, json, jsonl, cloudevent, template", name));
}

}  // namespace

Result<std::vector<TailPrinter::Piece>> TailPrinter::parse_template(std::string_view text) {
    std::vector<Piece> pieces;
    std::string literal;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
            literal += c;
            ++at;
            continue;
        }
        if (c != '{' && c != '}') {
            literal += c;
            continue;
        }
        const std::size_t end = text.find('}', at);
        if (c == '}' || end == std::string_view::npos) {
            return refuse(
                fmt::format("--template has a '{}' alone at {}; two of them are one", c, at + 1));
        }
        const std::string name(text.substr(at + 1, end - at - 1));
        if (find_field(name) == nullptr) {
            return refuse(
                fmt::format("--template has no field '{}'; there are {}", name, template_fields()));
        }
        if (!literal.empty()) pieces.push_back({.text = std::move(literal)});
        literal.clear();
        pieces.push_back({.text = name, .is_field = true});
        at = end;
    }
    if (!literal.empty()) pieces.push_back({.text = std::move(literal)});
    return pieces;
}

Result<TailPrinter> TailPrinter::make(const TailLook& look) {
    TailPrinter printer;
    ONPUT_TRY(printer.format_, format_of(look.format));
    if (!look.text_template.empty()) {
        if (look.format.empty()) printer.format_ = TailFormat::text_template;
        if (printer.format_ != TailFormat::text_template) {
            return refuse(fmt::format("--template is for -o template, not for {}", look.format));
        }
        ONPUT_TRY(printer.pieces_, parse_template(look.text_template));
    } else if (printer.format_ == TailFormat::text_template) {
        return refuse("-o template needs --template, as in '{time} {type} {bucket}/{key}'");
    }
    printer.is_coloured_ = look.is_coloured;
    printer.columns_ = look.columns;
    return printer;
}

std::string TailPrinter::line(const schema::JournalRecord& record, const RecordBody& body) const {
    switch (format_) {
        case TailFormat::json: return events::json_line(record, body);
        case TailFormat::cloud_event: return events::cloud_event(record, body);
        case TailFormat::pretty: return line_of(record, body, is_coloured_, columns_);
        case TailFormat::text_template: break;
    }
    std::string text;
    for (const Piece& piece : pieces_) {
        text +=
            piece.is_field ? printable(find_field(piece.text)->value(record, body)) : piece.text;
    }
    return text;
}

std::string template_fields() {
    std::string text;
    for (const Field& field : fields) {
        if (!text.empty()) text += ", ";
        text += field.name;
    }
    return text;
}

}  // namespace onput::ctl
