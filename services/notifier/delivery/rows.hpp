// Rows of destinations beside their own (DestinationRecord): attempts that wait, UndeliveredRecords
// and what removed subscriptions leave behind.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "services/notifier/effects.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

inline constexpr std::size_t undelivered_kept_max = 10'000;  // Per destination; the oldest go.
inline constexpr Duration undelivered_kept_age_max = std::chrono::hours(14 * 24);
inline constexpr std::size_t removed_rows_per_turn = 300;

// By number.
Result<std::map<std::uint64_t, AttemptRecord>> read_attempts(const store::View& view,
                                                             std::string_view arn);

// Keeps for inspection a message that its destination does not get, and has the shell log it. Call
// remove_oldest_undelivered once for all those of a batch.
void keep_undelivered(UndeliveredRecord record, std::uint64_t number, store::Batch& batch,
                      Effects& effects);

// `kept` counts those of the batch as well. Removes what is above the limit, of those that were
// there before, and returns how many are kept now.
Result<std::uint64_t> remove_oldest_undelivered(const store::View& view, std::string_view arn,
                                                std::uint64_t kept, store::Batch& batch);

// Destinations of removed subscriptions. A destination's own row goes last, so that a start finds
// what was not finished.
class RemovedDestinations {
public:
    void add(std::string name) { names_.insert(std::move(name)); }
    // Removes at most removed_rows_per_turn rows. True: there are more.
    Result<bool> remove_rows(const store::View& view, store::Batch& batch);

private:
    std::set<std::string> names_;
};

}  // namespace onput::notifier
