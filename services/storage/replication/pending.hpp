// PendingReplicas: how much waits to be replicated to each bucket, by the rows of what is due.
// Pure.
//
// It follows from the batches of commits, so no command can forget to count. A restart counts anew.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/wire.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

struct Pending {
    std::int64_t versions = 0;
    std::int64_t bytes = 0;

    friend bool operator==(const Pending&, const Pending&) = default;
};

class PendingReplicas {
public:
    using Counts = std::map<std::string, Pending, std::less<>>;

    Result<void> restore(const store::View& view);

    // Before the batch is committed. Answers by how much each destination changed; if the commit is
    // refused, `take_back` that.
    Counts count(const store::View& view, const store::Batch& batch);
    void take_back(const Counts& changes);

    // How many rows commits have written: more means that there is something new to look at.
    [[nodiscard]] std::uint64_t written() const { return written_; }

    // By destination; none with nothing pending.
    [[nodiscard]] const Counts& all() const { return counts_; }
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    void add(std::string_view destination, const Pending& difference);

    Counts counts_;
    std::uint64_t written_ = 0;
};

}  // namespace onput::storage
