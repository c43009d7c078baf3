// Checking and repairing the rows of a stopped service.
//
// A repair copies every row that can be read into a new set of files and puts that in place of the
// old one, which is kept: <directory>/quarantine/rows-<n>. Where a block of a table is damaged, the
// rows in it are lost, and so are older states of rows that only it would have hidden: a range that
// cannot be read is left out in all levels, so that no removed row comes back.
//
// When rows were lost, blobs are there that no row refers to any more. <directory>/rows.lost says
// so: while it is there recovery removes no blob that has no row.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace onput::store {

inline constexpr std::string_view rows_lost_file = "rows.lost";
// Is there once compaction or a read met damage: rows are then opened without compaction, and are
// known not to be complete, so that what can be read is served until somebody repairs them.
inline constexpr std::string_view rows_damaged_file = "rows.damaged";

struct RowsCheck {
    static constexpr std::size_t gaps_max = 1000;

    // Rows between the two cannot be read. Keys as "partition/key"; `before` may be empty: the end.
    struct Gap {
        std::string after;
        std::string before;
        std::string reason;
    };

    std::uint64_t rows = 0;  // That can be read.
    std::uint64_t gap_count = 0;
    std::vector<Gap> gaps;                  // The first gaps_max of them.
    std::uint64_t changes_lost = 0;         // Were durable; the log ends before them.
    std::optional<std::string> unopenable;  // Why the files as they are cannot be opened.
    std::string kept;                       // After a repair: where the old files are.

    [[nodiscard]] bool is_sound() const {
        return gap_count == 0 && changes_lost == 0 && !unopenable;
    }
};

// Is shown each row that can be read, with its key behind the partition.
using SeeRow = std::function<void(std::string_view key, std::string_view value)>;

// Reads all rows and changes nothing. `not_found` when the directory has no rows, `conflict` when a
// process has them open.
Result<RowsCheck> check_stored_rows(const std::string& directory, const SeeRow& see = {});

// The same, and repairs them if they are not sound. `see` is shown the rows that are left.
Result<RowsCheck> repair_rows(const std::string& directory, const SeeRow& see = {});

}  // namespace onput::store
