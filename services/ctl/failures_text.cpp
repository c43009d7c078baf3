#include "services/ctl/failures_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/schema/json.hpp"
#include "services/ctl/record_body.hpp"

namespace onput::ctl {
namespace {

constexpr std::size_t minute_characters = sizeof("2026-01-31T12:00") - 1;
constexpr std::size_t from_columns = 24;
constexpr std::size_t object_columns =
    terminal_columns - minute_characters - from_columns - 3 * 2 - sizeof("TRIES");
constexpr std::size_t reason_indent = 4;

// "2026-01-31 12:00", of UTC.
std::string minute_of(Timestamp time) {
    if (time == Timestamp()) return "-";
    std::string text = format_iso8601_millis(time).substr(0, minute_characters);
    std::ranges::replace(text, 'T', ' ');
    return text;
}

std::string object_of(const schema::DeadLetter& letter) {
    if (letter.key.empty()) return fmt::format("message {}", letter.message_id);
    return to_string(ObjectUrl{.bucket = letter.bucket, .key = letter.key});
}

std::string reason_of(const schema::DeadLetter& letter) {
    std::string reason = letter.code.empty() ? "sent here by a client or a topic"
                                             : fmt::format("{}: {}", letter.code, letter.reason);
    if (letter.is_in_flight) reason += " (a receiver has it now)";
    return reason;
}

// A table's lines without their ends.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t from = 0; from < text.size();) {
        const auto end = text.find('\n', from);
        lines.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return lines;
}

std::string why_not(const std::string& reason) {
    if (reason == "CouldNotDetermineMessageSource") {
        return "one or more did not come from a queue or function; --to QUEUE takes them";
    }
    if (reason == "AWS.SimpleQueueService.NonExistentQueue") {
        return "the queue or function of one or more is gone; --to QUEUE takes them";
    }
    if (reason == "AccessDenied") return "the policy of the queue they came from forbids it";
    return reason;
}

}  // namespace

std::string failures_text(const std::vector<schema::DeadLetter>& letters, bool is_coloured) {
    std::string out;
    for (auto first = letters.begin(); first != letters.end();) {
        const auto last = std::find_if(
            first, letters.end(), [&](const auto& letter) { return letter.queue != first->queue; });
        Table table({"WHEN (UTC)", "FROM", "TRIES", "OBJECT"});
        for (auto letter = first; letter != last; ++letter) {
            table.add({minute_of(letter->dead_lettered_at),
                       letter->source_arn.empty()
                           ? "-"
                           : shortened(short_arn(letter->source_arn), from_columns),
                       letter->attempts == 0 ? "-" : std::to_string(letter->attempts),
                       shortened(object_of(*letter), object_columns)});
        }
        const auto lines = lines_of(table.text(false));
        out += fmt::format("{}queue {}\n\n{}\n", out.empty() ? "" : "\n",
                           shortened(first->queue, terminal_columns - 6), lines.front());
        for (std::size_t row = 1; row < lines.size(); ++row, ++first) {
            out += fmt::format(
                "{}\n{}", lines[row],
                painted(wrapped(reason_of(*first), reason_indent), Tone::bad, is_coloured));
        }
    }
    return out;
}

std::string failures_json(const std::vector<schema::DeadLetter>& letters, bool is_complete) {
    json::Writer out;
    out.begin_object();
    out.name("failures");
    out.begin_array();
    for (const auto& letter : letters) {
        out.begin_object();
        schema::DeadLetter::visit_fields(letter, [&](std::string_view name, const auto& field) {
            out.name(name);
            schema::detail::write_json(out, field);
        });
        out.end_object();
    }
    out.end_array();
    out.name("complete");
    out.boolean(is_complete);
    out.end_object();
    return out.take();
}

std::string redrive_text(const schema::MoveTaskInfo& task) {
    std::string text = fmt::format(
        "moved {} {} from {} {}\n", task.moved, task.moved == 1 ? "message" : "messages",
        name_in_arn(task.source_arn),
        task.destination_arn.empty() ? "back to where each came from"
                                     : fmt::format("to {}", name_in_arn(task.destination_arn)));
    if (task.status == "CANCELLED") text += "the others stay: the task was cancelled\n";
    if (task.status == "FAILED") {
        text += fmt::format("the others stay: {}\n", why_not(task.failure_reason));
    }
    return text;
}

}  // namespace onput::ctl
