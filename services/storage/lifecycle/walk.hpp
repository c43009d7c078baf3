// VersionWalk: every version of a bucket's keys, key by key and the newest first, a bounded number
// of rows at a time, each with what lifecycle rules ask of it. Pure; rows may change between two
// pages, and what a page says is true when it is read.
//
// A key with more versions than a page has comes in several. How many newer versions there are is
// read again for each; when a version became noncurrent does not change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/store/store.hpp"
#include "services/storage/objects/records.hpp"

namespace onput::storage {

struct WalkedVersion {
    std::string key = {};
    ObjectRecord record = {};
    bool is_newest = false;
    bool is_alone = false;
    Timestamp noncurrent_since = {};
    std::uint32_t newer_noncurrent = 0;
};

struct WalkedPage {
    std::vector<WalkedVersion> versions = {};
    std::size_t rows = 0;  // That were read.
    bool is_last = false;  // Of the bucket.
};

class VersionWalk {
public:
    // From this key on; empty: from the first. With `behind`: from behind that version of it, whose
    // age the next page does not know then.
    VersionWalk(std::string bucket, std::string from, std::uint64_t behind = 0)
        : bucket_(std::move(bucket)), from_(std::move(from)) {
        if (behind != 0) long_key_ = {.last = behind};
    }

    // `rows_max`, 2 or more: of objects, and of older versions.
    Result<WalkedPage> next(const store::View& view, std::size_t rows_max);

    [[nodiscard]] const std::string& bucket() const { return bucket_; }
    // The key where a new walk must begin to leave nothing out.
    [[nodiscard]] const std::string& from() const { return from_; }
    // The version of that key behind which it must begin; 0: with the first.
    [[nodiscard]] std::uint64_t behind() const { return long_key_ ? long_key_->last : 0; }

private:
    // A key in the middle of whose versions the last page ended.
    struct LongKey {
        std::uint64_t last = 0;  // Sequencer of the version that came last.
        Timestamp last_made_at = {};
    };
    Result<WalkedPage> next_of_long_key(const store::View& view, std::size_t rows_max);

    std::string bucket_;
    std::string from_;
    std::optional<LongKey> long_key_;
};

}  // namespace onput::storage
