#include "services/ctl/reconcile_text.hpp"

#include <numeric>

#include <fmt/format.h>

#include "common/json/writer.hpp"

namespace onput::ctl {

std::string_view to_string(UploadState state) {
    switch (state) {
        case UploadState::has_result: return "has result";
        case UploadState::failed: return "failed";
        case UploadState::running: return "running";
        case UploadState::unwanted: return "no rule";
        case UploadState::missing: break;
    }
    return "missing";
}

UploadState state_of(StoryOutcome outcome) {
    switch (outcome) {
        case StoryOutcome::nothing_owed: return UploadState::unwanted;
        case StoryOutcome::running: return UploadState::running;
        case StoryOutcome::given_up:
        case StoryOutcome::refused:
        case StoryOutcome::dead_lettered: return UploadState::failed;
        case StoryOutcome::done: break;
    }
    return UploadState::missing;
}

void Reconciliation::add(Upload upload) {
    ++counts[static_cast<std::size_t>(upload.state)];
    if (upload.state == UploadState::has_result || uploads.size() >= reconcile_listed_max) return;
    uploads.push_back(std::move(upload));
}

std::uint64_t Reconciliation::total() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::string summary_of(const Reconciliation& found) {
    std::string text =
        fmt::format("{}: {} uploads: {} have results in {}", found.bucket, found.total(),
                    found.count_of(UploadState::has_result), found.against);
    const auto add = [&](UploadState state, std::string_view words) {
        if (const auto count = found.count_of(state); count > 0) {
            text += fmt::format(", {} {}", count, words);
        }
    };
    add(UploadState::failed, "failed");
    add(UploadState::running, "still running");
    add(UploadState::unwanted, "matched no rule");
    add(UploadState::missing, "missing");
    if (found.resent > 0) text += fmt::format("; {} sent again", found.resent);
    if (found.redriven > 0) text += fmt::format("; {} redriven", found.redriven);
    return text;
}

std::string json_of(const Reconciliation& found) {
    json::Writer out;
    out.begin_object();
    const auto text = [&out](std::string_view name, std::string_view value) {
        out.name(name);
        out.text_or_base64(value);
    };
    const auto number = [&out](std::string_view name, std::uint64_t value) {
        out.name(name);
        out.natural(value);
    };
    text("bucket", found.bucket);
    text("against", found.against);
    number("uploads", found.total());
    number("have_results", found.count_of(UploadState::has_result));
    number("failed", found.count_of(UploadState::failed));
    number("running", found.count_of(UploadState::running));
    number("matched_no_rule", found.count_of(UploadState::unwanted));
    number("missing", found.count_of(UploadState::missing));
    number("sent_again", found.resent);
    number("redriven", found.redriven);
    out.name("without_result");
    out.begin_array();
    for (const auto& upload : found.uploads) {
        out.begin_object();
        text("key", upload.key);
        text("state", to_string(upload.state));
        text("trace", upload.trace_id);
        text("why", upload.why);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return out.take();
}

ExitCode exit_code_of(const Reconciliation& found) {
    if (found.count_of(UploadState::missing) > found.resent) return ExitCode::failed;
    const bool is_under_way = found.count_of(UploadState::running) + found.resent > 0;
    return is_under_way ? ExitCode::wait_not_met : ExitCode::ok;
}

}  // namespace onput::ctl
