#include "services/notifier/journal/recorder.hpp"

#include "common/base/check.hpp"

namespace onput::notifier {

const JournalEntry& Recorder::add(JournalBody body, std::string bytes, Timestamp now,
                                  store::Batch& batch, Effects& effects) {
    auto record = journal_.append(std::move(body), std::move(bytes), age_.stamp(now), batch);
    count(record.type);
    const JournalEntry* entry = journal_.recent(record.sequence);
    ONPUT_CHECK(entry != nullptr);
    effects.published.push_back(std::move(record));
    return *entry;
}

void Recorder::count(const std::string& type) {
    const auto found = added_by_type_.find(type);
    if (found != added_by_type_.end()) {
        ++found->second;
    } else if (added_by_type_.size() < counted_types_max) {
        added_by_type_.emplace(type, 1);
    }
}

void Recorder::add_metrics(std::vector<schema::Metric>& metrics) const {
    for (const auto& [type, added] : added_by_type_) {
        metrics.push_back(
            {.name = "onput_journal_appended_total{type=\"" + escape_label(type) + "\"}",
             .value = static_cast<double>(added)});
    }
}

std::string escape_label(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c == '\n' ? ' ' : c;
    }
    return out;
}

}  // namespace onput::notifier
