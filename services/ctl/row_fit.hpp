// RowFit: do the rows of the storage service fit each other? For `onput fsck`, which shows it every
// row once, in order of keys. What does not fit is said with the object's name.
//
// Of each small object a hash and a size are remembered, some 40 bytes, until its row was seen.
// When bytes of no object are left over, their names are found by showing the rows once more.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/schema/housekeeping.hpp"
#include "common/schema/object_record.hpp"

namespace onput::ctl {

class RowFit {
public:
    static constexpr std::size_t faults_max = 1000;

    void see(std::string_view key, std::string_view value);
    // Whose bytes a manifest lists, before its row is seen: "bucket/key", else the upload it was.
    [[nodiscard]] std::string owner_of_manifest(std::string_view key) const;
    // After the last row. `is_complete`: every row could be read, so counts must be right.
    void finish(bool is_complete);

    // Bytes without an object: each is named by showing it all rows again.
    [[nodiscard]] bool has_unnamed() const { return !data_.empty(); }
    void name(std::string_view key);

    [[nodiscard]] std::uint64_t fault_count() const { return fault_count_; }
    [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }

private:
    struct Multipart {
        std::string object;
        std::uint64_t size_bytes = 0;
    };

    void see_object(std::string_view key, std::string_view value);
    void see_version(std::string_view key, std::string_view value);
    void see_part(std::string_view key, std::string_view value);
    void see_manifest(std::string_view key, std::string_view value);
    // What a record of an object or version says of its blob and manifest.
    void see_record(const std::string& object, const schema::ObjectRecord& record);
    void find(std::string fault);

    std::unordered_map<std::uint64_t, std::uint64_t> data_;  // Hash of the name to bytes.
    // What versions expect to come behind them: name of the bytes to object and size.
    std::unordered_map<std::uint64_t, std::pair<std::string, std::uint64_t>> wanted_;
    std::map<std::string, Multipart, std::less<>> manifests_;  // Wanted: by their ids.
    std::map<std::string, schema::Usage, std::less<>> counted_;
    std::map<std::string, schema::Usage, std::less<>> kept_;
    bool is_counted_ = false;
    std::uint64_t fault_count_ = 0;
    std::vector<std::string> faults_;
};

}  // namespace onput::ctl
