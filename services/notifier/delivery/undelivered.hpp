// What nobody gets any more: UndeliveredRecords, the newest undelivered_kept_max of each
// destination, kept for inspection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/notifier/effects.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

inline constexpr std::size_t undelivered_kept_max = 10'000;  // Per destination; the oldest go.

// Writes the row and tells the shell to log it. Whoever keeps some calls drop_oldest_undelivered
// once for all those of a batch.
void keep_undelivered(UndeliveredRecord record, std::uint64_t number, store::Batch& batch,
                      Effects& effects);

// `kept` counts those of the batch as well. Removes what is above the limit, of those that were
// there before, and returns how many are kept now.
Result<std::uint64_t> drop_oldest_undelivered(const store::View& view, std::string_view arn,
                                              std::uint64_t kept, store::Batch& batch);

}  // namespace onput::notifier
