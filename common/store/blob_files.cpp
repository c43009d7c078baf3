#include "common/store/blob_files.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "common/base/digest.hpp"
#include "common/base/text.hpp"
#include "common/store/block_sums.hpp"
#include "common/store/file_io.hpp"
#include "common/store/large_blob.hpp"

namespace onput::store {
namespace {

constexpr std::size_t name_digits = 16;
constexpr std::uint64_t verify_bytes = 1024ULL * 1024;  // At a time.

std::optional<std::uint64_t> parse_name(const std::string& name) {
    if (name.size() != name_digits) return std::nullopt;
    return parse_number<std::uint64_t>(name, 16);
}

// The footer and owner of a sealed file; nothing when they are damaged.
struct Sealed {
    Owner owner;
    BlobRef ref;
};
Result<std::optional<Sealed>> read_seal(const std::string& path, std::uint64_t id) {
    ONPUT_TRY(const FileDescriptor file, open_file(path, O_RDONLY));
    ONPUT_TRY(const std::uint64_t size, file_bytes(file, path));
    if (size < header_bytes) return std::nullopt;
    ONPUT_TRY(const std::string bytes, read_at(file, path, size - header_bytes, header_bytes));
    const auto footer = decode_footer(bytes);
    if (!footer || footer->id != id) return std::nullopt;
    // Compared without a sum that hostile lengths could overflow.
    const std::uint64_t before_footer = size - header_bytes;
    if (footer->data_bytes > before_footer) return std::nullopt;
    if (footer->owner_offset() > before_footer) return std::nullopt;
    if (footer->owner_bytes() != before_footer - footer->owner_offset()) return std::nullopt;
    ONPUT_TRY(const std::string owner_text,
              read_at(file, path, footer->owner_offset(), footer->owner_bytes()));
    const auto owner = decode_owner(owner_text, footer->partition_bytes, footer->owner_crc);
    if (!owner) return std::nullopt;
    return Sealed{.owner = *owner, .ref = {.segment = 0, .id = id, .length = footer->data_bytes}};
}

// The appends of a blob in the hands of its user.
class FileWriter final : public BlobWriter {
public:
    explicit FileWriter(std::shared_ptr<LargeBlob> blob) : blob_(std::move(blob)) {}
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;
    ~FileWriter() override { blob_->abandon(); }
    void append(std::string bytes, BlobDone done) override {
        blob_->append(std::move(bytes), std::move(done));
    }
    void seal(BlobSealed done) override { blob_->seal(std::move(done)); }

private:
    std::shared_ptr<LargeBlob> blob_;  // Shared with the pool's jobs, which may outlive the user.
};

}  // namespace

BlobFiles::BlobFiles(Options options, Engine engine)
    : options_(std::move(options)), engine_(engine), next_id_(options_.first_id) {}

// Neighbours in time share a directory, so that one sync serves many of them.
std::string BlobFiles::directory_of(std::uint64_t id) const {
    return fmt::format("{}/{:02x}", options_.directory, (id >> 12) & 0xff);
}

std::string BlobFiles::path_of(std::uint64_t id) const {
    return fmt::format("{}/{:016x}", directory_of(id), id);
}

std::unique_ptr<BlobWriter> BlobFiles::open(Owner owner) {
    const std::uint64_t id = next_id_.fetch_add(1);
    return std::make_unique<FileWriter>(std::make_shared<LargeBlob>(
        LargeBlob::Place{.id = id, .directory = directory_of(id), .path = path_of(id)},
        std::move(owner), engine_));
}

Result<std::string> BlobFiles::read(const BlobRef& ref, BlobStore::Piece piece) const {
    const auto damaged = [&ref](std::string_view what) {
        return fail(ErrorCode::corruption, fmt::format("blob {}: {}", to_text(ref), what));
    };
    const std::string path = path_of(ref.id);
    const auto file = open_file(path, O_RDONLY);
    if (!file && file.error().code == ErrorCode::not_found) return damaged("it is missing");
    if (!file) return std::unexpected(file.error());
    ONPUT_TRY(const std::uint64_t size, file_bytes(*file, path));
    // Behind the data comes at least the footer: a file cut short must not pass off its owner's
    // name as data.
    if (size < ref.length || size - ref.length < header_bytes) {
        return damaged("its file was cut short");
    }
    ONPUT_TRY(const std::string end, read_at(*file, path, size - header_bytes, header_bytes));
    const auto footer = decode_footer(end);
    if (footer && (footer->id != ref.id || footer->data_bytes != ref.length)) {
        return damaged("its file is that of another blob");
    }
    if (footer && !footer->has_sums) return read_at(*file, path, piece.offset, piece.length);
    // Without a footer it is read as one that has sums: data that agrees with them is the data.
    const SummedPiece around = blocks_around(piece, ref.length);
    ONPUT_TRY(std::string data, read_at(*file, path, around.data.offset, around.data.length));
    ONPUT_TRY(const std::string sums, read_at(*file, path, around.sums.offset, around.sums.length));
    if (const auto block = find_bad_block(data, sums)) {
        return damaged(fmt::format("the checksum of the {} bytes at {} differs", sum_block_bytes,
                                   around.data.offset + *block * sum_block_bytes));
    }
    if (data.size() != around.data.length) return damaged("its file was cut short");
    if (data.size() == piece.length) return data;
    return data.substr(piece.offset - around.data.offset, piece.length);
}

Result<void> BlobFiles::verify(const BlobRef& ref) const {
    std::uint64_t offset = 0;
    do {
        const std::uint64_t length = std::min(verify_bytes, ref.length - offset);
        ONPUT_TRY_VOID(read(ref, {.offset = offset, .length = length}));
        offset += length;
    } while (offset < ref.length);
    return {};
}

void BlobFiles::remove(const BlobRef& ref) const {
    // A file that stays has no row: the next recovery removes it.
    static_cast<void>(remove_file(path_of(ref.id)));
}

Result<std::vector<std::string>> BlobFiles::list() const {
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(options_.directory, error), end;
         !error && entry != end; entry.increment(error)) {
        if (!parse_name(entry->path().filename().string())) continue;
        names.push_back(entry->path().lexically_relative(options_.directory).string());
    }
    if (error) return std::unexpected(system_error("list", options_.directory, error.value()));
    return names;
}

Result<void> BlobFiles::scan(const BlobReferences& references, BlobSuspects& suspects,
                             BlobRecovery& recovery) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(options_.directory, error), end;
         !error && entry != end; entry.increment(error)) {
        if (!entry->is_directory(error)) continue;
        ONPUT_TRY_VOID(scan_directory(entry->path().string(), references, suspects, recovery));
    }
    if (error) return std::unexpected(system_error("list", options_.directory, error.value()));
    return {};
}

Result<void> BlobFiles::scan_directory(const std::string& directory,
                                       const BlobReferences& references, BlobSuspects& suspects,
                                       BlobRecovery& recovery) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string path = entry->path().string();
        const std::string name = entry->path().filename().string();
        if (name.ends_with(part_suffix) &&
            parse_name(name.substr(0, name.size() - part_suffix.size()))) {
            ONPUT_TRY_VOID(remove_file(path));
            ++recovery.removed;
        } else if (const auto id = parse_name(name)) {
            ONPUT_TRY_VOID(scan_file(path, *id, references, suspects, recovery));
        }
    }
    if (error) return std::unexpected(system_error("list", directory, error.value()));
    return {};
}

Result<void> BlobFiles::scan_file(const std::string& path, std::uint64_t id,
                                  const BlobReferences& references, BlobSuspects& suspects,
                                  BlobRecovery& recovery) {
    const auto sealed = read_seal(path, id);
    if (!sealed || !*sealed) {
        suspects.add_file(id);
        unreadable_.emplace(id, path);
        return {};
    }
    const auto referred = references.is_referred((*sealed)->owner, (*sealed)->ref);
    if (!referred) {
        recovery.find(recovery.unproven, fmt::format("{}: its row cannot be read: {}", path,
                                                     referred.error().message));
    } else if (!*referred) {
        ONPUT_TRY_VOID(remove_file(path));
        ++recovery.removed;
    }
    return {};
}

Result<void> BlobFiles::settle(const BlobSuspects& suspects, BlobRecovery& recovery) {
    for (const auto& [id, path] : std::exchange(unreadable_, {})) {
        if (suspects.referred(0).contains(id)) {
            recovery.find(recovery.damaged,
                          path + ": its footer is damaged; a row refers to it, so it stays");
        } else if (!suspects.is_proven()) {
            recovery.find(recovery.unproven, path + ": its footer is damaged");
        } else {
            ONPUT_TRY_VOID(quarantine_file(path, options_.quarantine));
            recovery.find(
                recovery.quarantined,
                fmt::format("{}: its footer is damaged and no row refers to it; moved to {}", path,
                            options_.quarantine));
        }
    }
    return {};
}

}  // namespace onput::store
