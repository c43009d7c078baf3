// What `onput fsck` found in one service's folder, and how it is printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/store/blob_check.hpp"
#include "common/store/rows_repair.hpp"
#include "services/ctl/row_fit.hpp"

namespace onput::ctl {

// An object whose row can be read and whose bytes are not there.
struct MissingBlob {
    std::string object;  // "bucket/key"
    std::string blob;
};

struct FolderReport {
    static constexpr std::size_t missing_max = 1000;

    std::string service;
    std::string folder;
    std::optional<store::RowsCheck> rows;    // Nothing: there are none, or `failures` says why.
    std::optional<store::BlobsCheck> blobs;  // The same.
    std::uint64_t missing_count = 0;
    std::vector<MissingBlob> missing;  // The first missing_max of them.
    // Whose blobs are that do not say it any more; of these, too, the first missing_max.
    std::vector<MissingBlob> nameless;
    RowFit fit;                      // Of the storage service's rows.
    std::uint64_t referenced = 0;    // Blobs by rows.
    std::uint64_t unreferenced = 0;  // Blobs without a row: the next start removes them.
    std::vector<std::string> failures;

    // Takes note of a row that refers to a blob that is not among `blobs`, which come first, or
    // that does not fit other rows.
    void see_row(std::string_view key, std::string_view value);
    // After the last row.
    void finish();

    // Nothing that is damaged is left.
    [[nodiscard]] bool is_sound() const;

private:
    void see_blob(std::string object, const std::string& blob);
};

std::string as_text(const FolderReport& report);
std::string as_json(const std::vector<FolderReport>& reports);

}  // namespace onput::ctl
