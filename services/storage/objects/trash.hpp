// Trash: bytes that no object refers to any more, until they can be removed. Pure.
//
//     overwrite, delete ──> thrown away ──on_durable──> removable ──take──> blobs and row removed
//                                                          │  ^
//                                              pinned by a reader
//
// Bytes must outlive the durability of the commit that made them useless: after a crash in between
// their object is there again. And they must outlive their readers, who live in this process only:
// after a restart everything in the trash goes at once.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/store/blobs.hpp"

namespace onput::storage {

inline constexpr std::size_t trash_taken_max = 64;  // Looked at, at most, in one go.
// Blobs after which no more is taken in one go: a manifest alone has up to 10,000.
inline constexpr std::size_t trash_blobs_max = 1000;

// Where the bytes of an object are, if they are in no row: one blob, or those of a manifest. An
// archived one may have a manifest without blobs, and a blob that is its restored copy.
struct StoredBytes {
    std::optional<store::BlobRef> blob = {};
    std::string manifest = {};

    [[nodiscard]] bool empty() const { return !blob && manifest.empty(); }
    friend bool operator==(const StoredBytes&, const StoredBytes&) = default;
};

struct Trash {
    std::uint64_t number = 0;  // Of the event that threw it away: its row is "t/<number>".
    StoredBytes bytes;
    std::size_t blobs = 1;                    // How many there are.
    std::optional<store::BlobRef> cold = {};  // And one in the cold directory, which nobody reads.

    friend bool operator==(const Trash&, const Trash&) = default;
};

// Bytes that are being read. They may be pinned many times.
class Pins {
public:
    void pin(const StoredBytes& bytes);
    void unpin(const StoredBytes& bytes);
    [[nodiscard]] bool has(const StoredBytes& bytes) const;
    [[nodiscard]] std::size_t size() const { return blobs_.size() + manifests_.size(); }

private:
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t> blobs_;
    std::map<std::string, std::uint32_t, std::less<>> manifests_;
};

class TrashCan {
public:
    void add(Trash trash) { waiting_.push_back(std::move(trash)); }
    // The commit that threw it away failed: the newest is an object's again.
    void take_back(std::uint64_t number);
    // What was taken could not be removed: later.
    void put_back(const std::vector<Trash>& trash);

    // Up to trash_taken_max whose event is durable and that nobody reads.
    std::vector<Trash> take(std::uint64_t durable_number, const Pins& pins);

    [[nodiscard]] std::size_t size() const { return waiting_.size(); }

private:
    std::deque<Trash> waiting_;
};

}  // namespace onput::storage
