#include "common/store/blob_check.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/printable.hpp"
#include "common/base/text.hpp"
#include "common/store/blob_format.hpp"
#include "common/store/block_sums.hpp"
#include "common/store/file_io.hpp"
#include "common/store/generation.hpp"

namespace onput::store {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t piece_blocks = 16;  // Of a large blob, read at a time.

std::string show(const std::optional<Owner>& owner) {
    if (!owner) return "an owner that cannot be read";
    return printable(owner->partition + "/" + owner->key);
}

// --- Segments ---------------------------------------------------------------------------------

struct OpenFile {
    std::string path;
    FileDescriptor file;
    std::uint64_t bytes = 0;

    [[nodiscard]] std::string read(std::uint64_t offset, std::uint64_t length) const {
        // What the disk cannot read is as what is not there.
        return read_at(file, path, offset, length).value_or("");
    }
};

void check_record(const OpenFile& segment, const RecordHeader& header, BlobsCheck& check) {
    const std::string owner_text = segment.read(header.owner_offset(), header.owner_bytes());
    const auto owner = owner_text.size() == header.owner_bytes()
                           ? decode_owner(owner_text, header.partition_bytes, header.owner_crc)
                           : std::nullopt;
    const std::string data = segment.read(header.offset + header_bytes, header.data_bytes);
    const bool is_whole = data.size() == header.data_bytes && crc32c(data) == header.data_crc;
    if (is_whole && owner) {
        ++check.sound;
        return;
    }
    if (!owner) check.places.back().is_nameless = true;
    check.find(fmt::format("{}: the record at {} of {}: {}", segment.path, header.offset,
                           show(owner),
                           is_whole ? "its bytes are whole" : "its bytes are damaged"));
}

void check_segment(const OpenFile& segment, BlobsCheck& check) {
    const auto head = decode_segment_header(segment.read(0, header_bytes));
    if (!head) check.find(segment.path + ": its header is damaged");
    std::uint64_t unreadable = 0;
    for (std::uint64_t at = block_bytes; at < segment.bytes;) {
        const std::string block = segment.read(at, block_bytes);
        const auto header = decode_record_header(block);
        const bool ours = header && header->offset == at && (!head || header->salt == head->salt);
        if (ours) {
            check.places.push_back(
                {.segment = header->segment, .id = header->offset, .length = header->data_bytes});
            check_record(segment, *header, check);
            at += record_bytes(header->data_bytes, header->owner_bytes());
            continue;
        }
        const bool is_empty = !block.empty() && block.find_first_not_of('\0') == std::string::npos;
        if (!is_empty) ++unreadable;
        at += block_bytes;
    }
    if (unreadable > 0) {
        check.find(fmt::format("{}: {} blocks of {} bytes belong to no readable record",
                               segment.path, unreadable, block_bytes));
    }
}

// --- Files ------------------------------------------------------------------------------------

// `place` is null when its name is no blob's.
void check_file(const OpenFile& file, BlobsCheck::Place* place, BlobsCheck& check) {
    const auto note_nameless = [place] {
        if (place != nullptr) place->is_nameless = true;
    };
    const auto footer = file.bytes < header_bytes
                            ? std::nullopt
                            : decode_footer(file.read(file.bytes - header_bytes, header_bytes));
    if (!footer || footer->owner_offset() + footer->owner_bytes() + header_bytes != file.bytes) {
        note_nameless();
        return check.find(file.path + ": its footer is damaged, whose it is cannot be told");
    }
    if (place != nullptr && footer->id != place->id) {
        note_nameless();
        return check.find(file.path + ": it is the file of another blob");
    }
    if (place != nullptr) place->length = footer->data_bytes;
    const auto owner = decode_owner(file.read(footer->owner_offset(), footer->owner_bytes()),
                                    footer->partition_bytes, footer->owner_crc);
    if (!owner) {
        note_nameless();
        check.find(file.path + ": its owner is damaged");
    }
    if (!footer->has_sums) {
        ++check.sound;
        ++check.unsummed;
        return;
    }
    const std::uint64_t step = piece_blocks * sum_block_bytes;
    for (std::uint64_t at = 0; at < footer->data_bytes; at += step) {
        const auto around = blocks_around(
            {.offset = at, .length = std::min(step, footer->data_bytes - at)}, footer->data_bytes);
        const std::string data = file.read(around.data.offset, around.data.length);
        const auto bad = find_bad_block(data, file.read(around.sums.offset, around.sums.length));
        if (bad || data.size() != around.data.length) {
            return check.find(fmt::format("{} of {}: its bytes from {} on are damaged", file.path,
                                          show(owner),
                                          around.data.offset + bad.value_or(0) * sum_block_bytes));
        }
    }
    if (owner) ++check.sound;
}

template <typename Check>
Result<void> for_each_file(const std::string& directory, BlobsCheck& check, Check check_one) {
    ONPUT_TRY(const PathKind kind, path_kind(directory));
    if (kind == PathKind::none) return {};
    std::error_code error;
    for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code unknown;  // One that cannot be looked at is checked, and found unreadable.
        if (!entry->is_regular_file(unknown) && !unknown) continue;
        OpenFile file{.path = entry->path().string(), .file = {}};
        auto opened = open_file(file.path, O_RDONLY);
        if (opened) {
            file.file = *std::move(opened);
            file.bytes = file_bytes(file.file, file.path).value_or(0);
        }
        check_one(file, check);
    }
    if (error) return std::unexpected(system_error("list", directory, error.value()));
    return {};
}

}  // namespace

Result<BlobsCheck> check_stored_blobs(const std::string& directory) {
    ONPUT_TRY(const PathKind segments, path_kind(directory + "/segments"));
    ONPUT_TRY(const PathKind files, path_kind(directory + "/blobs"));
    // A backup has no folder for which it has no file.
    if (segments != PathKind::directory && files != PathKind::directory) {
        return fail(ErrorCode::not_found, "check " + directory + ": there are no blobs");
    }
    ONPUT_TRY(const FileDescriptor lock, lock_directory(directory));
    BlobsCheck check;
    ONPUT_TRY_VOID(
        for_each_file(directory + "/segments", check, [](const OpenFile& file, BlobsCheck& found) {
            if (file.path.ends_with(".segment")) check_segment(file, found);
        }));
    ONPUT_TRY_VOID(
        for_each_file(directory + "/blobs", check, [](const OpenFile& file, BlobsCheck& found) {
            // Others are unfinished or not ours.
            const std::string name = fs::path(file.path).filename().string();
            if (name.contains('.')) return;
            const auto id = parse_number<std::uint64_t>(name, 16);
            if (id) found.places.push_back({.segment = 0, .id = *id});
            check_file(file, id ? &found.places.back() : nullptr, found);
        }));
    std::ranges::sort(check.places, {}, [](const BlobsCheck::Place& place) {
        return std::pair(place.segment, place.id);
    });
    return check;
}

}  // namespace onput::store
