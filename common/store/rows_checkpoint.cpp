#include "common/store/rows_checkpoint.hpp"

#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <rocksdb/db.h>

#include "common/store/durable_sequence.hpp"
#include "common/store/file_copy.hpp"
#include "common/store/file_io.hpp"

namespace onput::store {
namespace {

constexpr std::string_view table_suffix = ".sst";
constexpr std::string_view list_prefix = "/MANIFEST";
constexpr std::string_view current_name = "/CURRENT";  // Names the list.

// The background error that stops commits says so only in its text.
constexpr std::string_view no_space = "No space left on device";

Result<void> write_durable_mark(const std::string& directory, std::uint64_t sequence) {
    ONPUT_TRY(DurableSequence mark,
              DurableSequence::open(fmt::format("{}/{}", directory, rows_durable_file)));
    mark.set(sequence);
    return {};
}

Result<void> write_current(const std::string& directory, std::string_view list_name) {
    const std::string path = fmt::format("{}{}", directory, current_name);
    ONPUT_TRY(const FileDescriptor file, open_file(path, O_WRONLY | O_CREAT | O_EXCL));
    ONPUT_TRY_VOID(write_at(file, path, fmt::format("{}\n", list_name.substr(1)), 0));
    return sync_data(file, path);
}

// Tables never change: a second name is a copy. The log is not needed: all that was in memory is in
// tables now.
Result<void> link_files(const CheckpointPaths& paths, rocksdb::DB& db) {
    std::vector<std::string> files;
    std::uint64_t list_bytes = 0;
    const rocksdb::Status status = db.GetLiveFiles(files, &list_bytes, /*flush_memtable=*/true);
    if (!status.ok()) return std::unexpected(rocks_error("list the files of rows", status));
    CopyProgress unseen;
    for (const std::string& name : files) {  // Each begins with a slash.
        if (name.ends_with(table_suffix)) {
            std::error_code error;
            std::filesystem::create_hard_link(paths.rows + name, paths.target + name, error);
            if (!error) continue;
            return std::unexpected(system_error("link", paths.rows + name, error.value()));
        }
        if (name == current_name) continue;  // It may name a later list by now.
        const bool is_list = name.starts_with(list_prefix);
        // The list of tables grows meanwhile.
        ONPUT_TRY_VOID(copy_file(paths.rows + name, paths.target + name,
                                 is_list ? std::optional(list_bytes) : std::nullopt, unseen));
        if (is_list) ONPUT_TRY_VOID(write_current(paths.target, name));
    }
    return {};
}

}  // namespace

Error rocks_error(std::string_view action, const rocksdb::Status& status) {
    Error error{.code = ErrorCode::unavailable,
                .message = std::string(action) + ": " + status.ToString(),
                .reason = std::string(reason_storage_failed)};
    if (status.IsCorruption()) {
        error.code = ErrorCode::corruption;
        error.reason.clear();
        error.message += "; stop the service and run \"onput fsck --repair\"";
    } else if (status.IsNoSpace() || error.message.find(no_space) != std::string::npos) {
        error.code = ErrorCode::resource_exhausted;
        error.reason = reason_storage_full;
    }
    return error;
}

Result<void> checkpoint_rows(const CheckpointPaths& paths, rocksdb::DB& db, std::uint64_t durable) {
    std::error_code ignored;  // What stays is in the way, which is an error below.
    std::filesystem::remove_all(paths.target, ignored);
    ONPUT_TRY_VOID(make_directory(paths.target));
    ONPUT_TRY_VOID(write_durable_mark(paths.target, durable));
    rocksdb::Status status = db.DisableFileDeletions();
    if (!status.ok()) return std::unexpected(rocks_error("keep the files of rows", status));
    auto linked = link_files(paths, db);
    status = db.EnableFileDeletions(/*force=*/false);
    if (linked && !status.ok()) return std::unexpected(rocks_error("let files go", status));
    return linked;
}

}  // namespace onput::store
