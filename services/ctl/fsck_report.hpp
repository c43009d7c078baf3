// What `onput fsck` found in one service's folder, and how it is printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json/writer.hpp"
#include "common/schema/object_record.hpp"
#include "common/store/blob_check.hpp"
#include "common/store/rows_repair.hpp"
#include "services/ctl/row_fit.hpp"

namespace onput::ctl {

// An object whose row can be read and whose bytes are not as it says.
struct MissingBlob {
    std::string object;  // "bucket/key"
    std::string blob;
};

// One directory of blobs, and what rows say of them.
struct BlobsReport {
    static constexpr std::size_t missing_max = 1000;

    std::string folder;
    std::optional<store::BlobsCheck> blobs;  // Nothing: they could not be looked at.
    std::uint64_t missing_count = 0;
    std::vector<MissingBlob> missing;  // The first missing_max of them.
    std::uint64_t misfit_count = 0;
    std::vector<MissingBlob> misfits;  // They have another length than their row says; likewise.
    // Whose blobs are that do not say it any more; of these, too, the first missing_max.
    std::vector<MissingBlob> nameless;
    std::uint64_t referenced = 0;  // Blobs by rows.

    // A row refers to `blob`, the text of a BlobRef; empty: to none.
    void see(std::string object, const std::string& blob);
    // Blobs without a row that can be read.
    [[nodiscard]] std::uint64_t unreferenced() const;
    [[nodiscard]] bool is_sound() const;
};

struct FolderReport {
    std::string service;
    std::string folder;
    std::optional<store::RowsCheck> rows;  // Nothing: there are none, or `failures` says why.
    BlobsReport blobs;                     // Of the storage service, as the rest.
    BlobsReport cold;                      // Of archived objects.
    RowFit fit;
    bool has_lost_rows = false;  // A repair has: then nothing without a row is removed.
    std::vector<std::string> failures;

    // Takes note of a row that refers to a blob that is not among those found, which come first,
    // or that does not fit other rows. Only of the storage service's rows.
    void see_row(std::string_view key, std::string_view value);
    // After the last row.
    void finish();

    // Nothing that is damaged is left.
    [[nodiscard]] bool is_sound() const;

private:
    void see_version(std::string object, const schema::ObjectRecord& record);
};

std::string as_text(const FolderReport& report);
// {"sound": ..., "services": [...]}
void write_json(json::Writer& out, const std::vector<FolderReport>& reports);

}  // namespace onput::ctl
