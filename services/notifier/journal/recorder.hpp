// Recorder: how anything comes into the journal. Appends to it, hands the record to the bus, and
// counts what came. Owned by NotifierCore.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/age_clock.hpp"
#include "services/notifier/effects.hpp"
#include "services/notifier/journal/journal.hpp"

namespace onput::notifier {

inline constexpr std::size_t counted_types_max = 64;  // Types with a metric of their own.

class Recorder {
public:
    Recorder(Journal& journal, const AgeClock& age) : journal_(journal), age_(age) {}

    // Journals it, and returns the record as it is found in the journal until the next one is
    // added. `bytes`: encoded.
    const JournalEntry& add(JournalBody body, std::string bytes, Timestamp now, store::Batch& batch,
                            Effects& effects);
    template <schema::Message M>
    const JournalEntry& add(M body, Timestamp now, store::Batch& batch, Effects& effects) {
        std::string bytes = schema::encode(body);
        return add(JournalBody(std::move(body)), std::move(bytes), now, batch, effects);
    }
    // Belongs into every batch that something was added to.
    void close(store::Batch& batch) const { journal_.write_state(batch); }

    [[nodiscard]] const Journal& journal() const { return journal_; }
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    void count(const std::string& type);

    Journal& journal_;
    const AgeClock& age_;
    std::map<std::string, std::uint64_t, std::less<>> added_by_type_;
};

// A value between the quotes of a metric's label.
std::string escape_label(std::string_view text);

}  // namespace onput::notifier
