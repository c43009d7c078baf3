#include "common/store/segment_space.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/text.hpp"
#include "common/store/store.hpp"

namespace onput::store {
namespace {

constexpr std::string_view segment_suffix = ".segment";
constexpr std::uint64_t owner_bytes_max = partition_bytes_max + key_bytes_max;

std::optional<std::uint64_t> parse_name(const std::string& name) {
    if (!name.ends_with(segment_suffix)) return std::nullopt;
    const std::string_view digits(name.data(), name.size() - segment_suffix.size());
    return parse_number<std::uint64_t>(digits, 16);
}

Result<std::vector<std::uint64_t>> list_segments(const std::string& directory) {
    std::vector<std::uint64_t> numbers;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        if (const auto number = parse_name(entry->path().filename().string())) {
            numbers.push_back(*number);
        }
    }
    if (error) return std::unexpected(system_error("list", directory, error.value()));
    return numbers;
}

// Where the next written bytes are, from `offset` on; nothing behind the last. What was only
// preallocated, or punched out, does not count.
Result<std::optional<std::uint64_t>> next_data(const FileDescriptor& file, const std::string& path,
                                               std::uint64_t offset) {
    const off_t found = ::lseek(file.get(), static_cast<off_t>(offset), SEEK_DATA);
    if (found < 0 && errno == ENXIO) return std::nullopt;
    if (found < 0) return std::unexpected(system_error("seek data in", path, errno));
    return static_cast<std::uint64_t>(found);
}

bool punch(const FileDescriptor& file, std::uint64_t offset, std::uint64_t bytes) {
    return ::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                       static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0;
}

std::unexpected<Error> damaged(const BlobRef& ref, std::string_view what) {
    return fail(ErrorCode::corruption, "blob " + to_text(ref) + ": " + std::string(what));
}

bool is_header_of(const std::optional<RecordHeader>& header, const BlobRef& ref) {
    return header && header->segment == ref.segment && header->offset == ref.id &&
           header->data_bytes == ref.length;
}

}  // namespace

std::string SegmentSpace::path_of(std::uint64_t number) const {
    return fmt::format("{}/{:016x}{}", options_.directory, number, segment_suffix);
}

Result<void> SegmentSpace::scan(const BlobReferences& references, BlobSuspects& suspects,
                                BlobRecovery& recovery) {
    ONPUT_TRY(const std::vector<std::uint64_t> numbers, list_segments(options_.directory));
    for (const std::uint64_t number : numbers) {
        ONPUT_TRY_VOID(scan_segment(number, references, suspects, recovery));
    }
    return {};
}

Result<void> SegmentSpace::scan_segment(std::uint64_t number, const BlobReferences& references,
                                        BlobSuspects& suspects, BlobRecovery& recovery) {
    Scan scan;
    scan.number = number;
    scan.path = path_of(number);
    ONPUT_TRY(scan.file, open_file(scan.path, O_RDWR));
    ONPUT_TRY(scan.file_bytes, file_bytes(scan.file, scan.path));
    // A disk that cannot read its block is as a block that is damaged.
    const auto block = read_at(scan.file, scan.path, 0, header_bytes);
    if (block) scan.segment = decode_segment_header(*block);
    if (scan.segment && scan.segment->number != number) scan.segment.reset();
    if (scan.segment) {
        ONPUT_TRY_VOID(scan_records(scan, references, recovery));
        const bool is_clear = scan.ownerless.empty() && !scan.has_unreadable_blocks;
        if (is_clear) return finish(scan);
    } else if (block) {
        ONPUT_TRY(const auto data, next_data(scan.file, scan.path, 0));
        // Died while it was created: the header is durable before the first record is written.
        if (!data) return remove_file(scan.path);
    }
    suspects.add_segment(number);
    scan.file.close();  // There may be more suspicious segments than files may be open.
    suspicious_.push_back(std::move(scan));
    return {};
}

// Goes by blocks, so that one damaged header does not hide what lies behind it.
Result<void> SegmentSpace::scan_records(Scan& scan, const BlobReferences& references,
                                        BlobRecovery& recovery) {
    while (scan.position < scan.file_bytes) {
        ONPUT_TRY(const auto data, next_data(scan.file, scan.path, scan.position));
        if (!data) break;
        const std::uint64_t offset = *data / block_bytes * block_bytes;
        const auto block = read_at(scan.file, scan.path, offset, block_bytes);
        const auto header = block ? decode_record_header(*block) : std::nullopt;
        const bool ours = header && header->salt == scan.segment->salt &&
                          header->segment == scan.segment->number && header->offset == offset;
        if (ours) {
            ONPUT_TRY_VOID(scan_record(scan, *header, references, recovery));
            continue;
        }
        scan.position = offset + block_bytes;
        // Room that reading ahead has put into memory passes for data, but is empty.
        const bool is_empty = block && block->find_first_not_of('\0') == std::string::npos;
        // Torn, or the inside of a record whose header is damaged.
        if (!is_empty) scan.has_unreadable_blocks = true;
    }
    return {};
}

Result<void> SegmentSpace::scan_record(Scan& scan, const RecordHeader& header,
                                       const BlobReferences& references, BlobRecovery& recovery) {
    const std::uint64_t behind =
        header.offset + record_bytes(header.data_bytes, header.owner_bytes());
    scan.end = std::max(scan.end, behind);
    scan.position = behind;
    scan.readable.push_back(header.offset);
    const auto bytes = read_at(scan.file, scan.path, header.owner_offset(), header.owner_bytes());
    const auto owner = bytes && bytes->size() == header.owner_bytes()
                           ? decode_owner(*bytes, header.partition_bytes, header.owner_crc)
                           : std::nullopt;
    if (!owner) {
        scan.ownerless.push_back(header);
        return {};
    }
    const auto referred = references.is_referred(
        *owner, {.segment = header.segment, .id = header.offset, .length = header.data_bytes});
    if (referred && !*referred) return punch_record(scan, header, recovery);
    ++scan.live;
    if (!referred) {
        recovery.find(recovery.unproven,
                      fmt::format("{}: the row of the record at {} cannot be read: {}", scan.path,
                                  header.offset, referred.error().message));
    }
    return {};
}

Result<void> SegmentSpace::punch_record(const Scan& scan, const RecordHeader& header,
                                        BlobRecovery& recovery) {
    if (!punch(scan.file, header.offset, record_bytes(header.data_bytes, header.owner_bytes()))) {
        return std::unexpected(system_error("punch a hole in", scan.path, errno));
    }
    ++recovery.removed;
    return {};
}

Result<void> SegmentSpace::settle(const BlobSuspects& suspects, BlobRecovery& recovery) {
    for (Scan& scan : std::exchange(suspicious_, {})) {
        if (!scan.segment) {
            ONPUT_TRY_VOID(settle_headless(scan, suspects, recovery));
            continue;
        }
        ONPUT_TRY(scan.file, open_file(scan.path, O_RDWR));
        ONPUT_TRY_VOID(settle_records(scan, suspects, recovery));
        ONPUT_TRY_VOID(finish(scan));
    }
    return {};
}

// Its records can be read by reference, but not told from uploaded bytes that look like records.
Result<void> SegmentSpace::settle_headless(const Scan& scan, const BlobSuspects& suspects,
                                           BlobRecovery& recovery) const {
    const std::size_t referred = suspects.referred(scan.number).size();
    if (referred > 0) {
        recovery.find(recovery.damaged,
                      fmt::format("{}: its header is damaged; {} rows refer to it, so it stays",
                                  scan.path, referred));
        return {};
    }
    if (!suspects.is_proven()) {
        recovery.find(recovery.unproven, scan.path + ": its header is damaged");
        return {};
    }
    ONPUT_TRY_VOID(quarantine_file(scan.path, options_.quarantine));
    recovery.find(recovery.quarantined,
                  fmt::format("{}: its header is damaged and no row refers to it; moved to {}",
                              scan.path, options_.quarantine));
    return {};
}

Result<void> SegmentSpace::settle_records(Scan& scan, const BlobSuspects& suspects,
                                          BlobRecovery& recovery) {
    const auto& referred = suspects.referred(scan.number);
    for (const RecordHeader& header : scan.ownerless) {
        const bool is_referred = referred.contains(header.offset);
        if (!is_referred && suspects.is_proven()) {
            ONPUT_TRY_VOID(punch_record(scan, header, recovery));
            continue;
        }
        ++scan.live;
        auto& count = is_referred ? recovery.damaged : recovery.unproven;
        recovery.find(count, fmt::format("{}: the owner of the record at {} is damaged; it stays",
                                         scan.path, header.offset));
    }
    for (const auto& [offset, length] : referred) {
        if (std::ranges::binary_search(scan.readable, offset)) continue;
        // Its blocks stay where they are, with room for the longest owner behind its data.
        scan.end = std::max(scan.end, offset + record_bytes(length, owner_bytes_max));
        scan.is_kept = true;
        recovery.find(recovery.damaged,
                      fmt::format("{}: the record at {} cannot be read; a row refers to it, so it "
                                  "stays",
                                  scan.path, offset));
    }
    if (!suspects.is_proven()) {
        scan.end = scan.file_bytes;
        scan.is_kept = true;
    }
    return {};
}

// What is left in it is known. Behind its last record lies what was only allocated, and a torn tail
// that provably nobody refers to.
Result<void> SegmentSpace::finish(const Scan& scan) {
    if (scan.live == 0 && !scan.is_kept) return remove_file(scan.path);
    if (scan.end < scan.file_bytes &&
        ::ftruncate(scan.file.get(), static_cast<off_t>(scan.end)) != 0) {
        return std::unexpected(system_error("truncate", scan.path, errno));
    }
    const std::lock_guard lock(mutex_);
    segments_[scan.number] = {
        .live = scan.live, .active = false, .end = 0, .is_kept = scan.is_kept};
    return {};
}

void SegmentSpace::add_active(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    segments_[number] = {.live = 0, .active = true, .end = block_bytes};
}

void SegmentSpace::add_records(std::uint64_t number, std::uint64_t count, std::uint64_t end) {
    const std::lock_guard lock(mutex_);
    Segment& segment = segments_.at(number);
    segment.live += count;
    segment.end = end;
}

std::optional<std::uint64_t> SegmentSpace::end_of(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = segments_.find(number);
    if (found == segments_.end() || found->second.end == 0) return std::nullopt;
    return found->second.end;
}

Result<std::vector<std::uint64_t>> SegmentSpace::list() const {
    return list_segments(options_.directory);
}

void SegmentSpace::close(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    segments_.at(number).active = false;
    remove_if_empty(number);
}

Result<std::string> SegmentSpace::read(const BlobRef& ref, BlobStore::Piece piece) const {
    const std::string path = path_of(ref.segment);
    auto file = open_file(path, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return damaged(ref, "it is missing");
    if (!file) return std::unexpected(std::move(file).error());

    ONPUT_TRY(const std::string header_text, read_at(*file, path, ref.id, header_bytes));
    const auto header = decode_record_header(header_text);
    if (!is_header_of(header, ref)) return damaged(ref, "its record is missing or damaged");
    ONPUT_TRY(std::string bytes, read_at(*file, path, ref.id + header_bytes, ref.length));
    if (bytes.size() != ref.length) return damaged(ref, "its segment was cut short");
    if (crc32c(bytes) != header->data_crc) return damaged(ref, "the checksum of its bytes differs");
    if (piece.length == ref.length) return bytes;
    return bytes.substr(piece.offset, piece.length);
}

void SegmentSpace::remove(const BlobRef& ref) {
    // One removal at a time: looking at the header, punching and counting are one step.
    const std::lock_guard lock(mutex_);
    const auto segment = segments_.find(ref.segment);
    if (segment == segments_.end()) return;
    const std::string path = path_of(ref.segment);
    const auto file = open_file(path, O_RDWR);
    if (!file) return;
    const auto bytes = read_at(*file, path, ref.id, header_bytes);
    if (!bytes) return;
    const auto header = decode_record_header(*bytes);
    if (!is_header_of(header, ref)) return;
    // When the punch fails the record stays counted; the next recovery removes it.
    if (!punch(*file, ref.id, record_bytes(header->data_bytes, header->owner_bytes()))) return;
    if (segment->second.live == 0) {
        // A header that the recovery could not read and that now can be: the count is wrong.
        segment->second.is_kept = true;
        return;
    }
    --segment->second.live;
    remove_if_empty(ref.segment);
}

void SegmentSpace::remove_if_empty(std::uint64_t number) {
    const auto segment = segments_.find(number);
    const Segment& found = segment->second;
    if (found.active || found.is_kept || found.live > 0) return;
    segments_.erase(segment);
    // A name that stays is found by the next recovery.
    static_cast<void>(remove_file(path_of(number)));
}

}  // namespace onput::store
