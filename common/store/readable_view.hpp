// ReadableView: a View that goes on behind damage, so that a service with a bad block in its rows
// starts and serves the rest.
//
// A row that cannot be read is missing from its answers. What is missing is told once for each gap,
// and from then on the view is not complete: a core that removes what no row refers to, or gives
// numbers out, asks is_complete() first.
//
// Errors other than `corruption` are the caller's, as always. One thread.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "common/store/store.hpp"

namespace onput::store {

class ReadableView final : public View {
public:
    static constexpr std::size_t gaps_told_max = 1000;

    // Rows of the partition from `after` on and before `before`, which may be empty: its end.
    struct Gap {
        std::string partition;
        std::string after;
        std::string before;
        std::string reason;
    };
    using OnGap = std::function<void(const Gap&)>;

    // `rows` outlives it.
    ReadableView(const View& rows, OnGap on_gap) : rows_(rows), on_gap_(std::move(on_gap)) {}

    Result<std::optional<std::string>> get(std::string_view partition,
                                           std::string_view key) const override;
    Result<std::vector<Row>> scan(std::string_view partition, const Range& range,
                                  ScanLimit limit) const override;
    Result<std::vector<std::string>> scan_keys(std::string_view partition, const Range& range,
                                               std::size_t limit) const override;
    [[nodiscard]] bool is_complete() const override { return gaps() == 0 && rows_.is_complete(); }

    // Different ones, the first gaps_told_max of them.
    [[nodiscard]] std::size_t gaps() const { return told_.size(); }

private:
    template <typename Visit>
    Result<void> visit_readable(std::string_view partition, Range range, std::size_t limit,
                                Visit visit) const;
    void tell(const Gap& gap) const;

    const View& rows_;
    OnGap on_gap_;
    mutable std::set<std::string> told_;  // Where they begin. Reading finds them.
};

}  // namespace onput::store
