// PendingReplicas: how much waits to be replicated to each bucket, and from where on its rows are
// to be looked for. Pure.
//
// It follows from the batches of commits, so no command can forget to count. A restart counts anew.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/wire.hpp"
#include "common/store/store.hpp"

namespace onput::storage {

// How the bytes of a version are copied, as its size says it: within the core, or by copies, of
// which the small do not wait for the large.
enum class ReplicaSize : std::uint8_t { row, small, large };
ReplicaSize size_of(std::uint64_t bytes, std::uint64_t inline_bytes_max);

struct Pending {
    std::int64_t versions = 0;
    std::int64_t bytes = 0;
    std::array<std::int64_t, 3> of_size{};  // Versions, by ReplicaSize.

    friend bool operator==(const Pending&, const Pending&) = default;
};

// No row of a range is before it: who begins there crosses none of those that were removed.
class RowFloor {
public:
    [[nodiscard]] bool is_empty() const { return is_empty_; }  // There is no row.
    [[nodiscard]] const std::string& row() const { return row_; }

    void put(std::string_view row);
    // What was read from the floor on, in order; nothing: there is no row.
    void raise(const std::vector<store::Row>& rows);

private:
    bool is_empty_ = true;
    std::string row_;
};

class PendingReplicas {
public:
    explicit PendingReplicas(std::uint64_t inline_bytes_max)
        : inline_bytes_max_(inline_bytes_max) {}

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
    // Of the rows of what is due to a bucket, and of those of what is late.
    [[nodiscard]] RowFloor& floor(const std::string& destination) { return floors_[destination]; }
    [[nodiscard]] RowFloor& late_floor() { return late_floor_; }
    void add_metrics(std::vector<schema::Metric>& metrics) const;

private:
    void add(std::string_view destination, const Pending& difference);
    [[nodiscard]] Pending one_of(std::int64_t bytes, std::int64_t sign) const;

    std::uint64_t inline_bytes_max_;
    Counts counts_;
    std::map<std::string, RowFloor, std::less<>> floors_;  // Of each destination that ever was.
    RowFloor late_floor_;
    std::uint64_t written_ = 0;
};

}  // namespace onput::storage
