// UsageBook: how much is in each bucket, kept beside the rows in the same commits. Pure.
//
//     y/<bucket>   UsageRecord   of a bucket with something in it
//     y            UsageMark     through which event buckets that are gone were counted
//
// What a commit changes follows from its batch and from the rows before it, so no command can
// forget to count. Counting is right if the newest event is the one that was counted last; binaries
// that do not count leave it behind, and then a start counts anew.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/housekeeping.hpp"
#include "common/schema/wire.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

// Buckets that metrics show one by one, those with the most bytes; the others as "(other)".
inline constexpr std::size_t usage_metrics_buckets_max = 100;

using schema::Usage;

// What a row counts for: its bucket, and how much. Nothing for rows that do not count.
struct CountedRow {
    std::string_view bucket;
    Usage usage;
};
Result<std::optional<CountedRow>> count_row(std::string_view key, std::string_view value);

class UsageBook {
public:
    // `last_number`: of the newest event. What is counted anew goes into the batch.
    Result<void> restore(const store::View& view, std::uint64_t last_number, store::Batch& batch);

    // Adds what the batch changes to it, before it is committed. Answers the buckets that changed;
    // if the commit is refused, `reload` them.
    std::vector<std::string> count(const store::View& view, std::uint64_t last_number,
                                   store::Batch& batch);
    Result<void> reload(const store::View& view, const std::vector<std::string>& buckets);

    [[nodiscard]] const std::map<std::string, Usage, std::less<>>& all() const { return usage_; }
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    Result<void> count_anew(const store::View& view, std::uint64_t last_number,
                            store::Batch& batch);

    std::map<std::string, Usage, std::less<>> usage_;
};

// Of all rows.
Result<std::map<std::string, Usage, std::less<>>> count_all(const store::View& view);

}  // namespace onput::storage
