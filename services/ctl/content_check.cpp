#include "services/ctl/content_check.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "common/base/encoding.hpp"

namespace onput::ctl {
namespace {

constexpr std::string_view tag_name = "ETag";
constexpr std::array<std::pair<std::string_view, DigestAlgorithm>, 5> algorithms{
    {{"CRC32", DigestAlgorithm::crc32},
     {"CRC32C", DigestAlgorithm::crc32c},
     {"CRC64NVME", DigestAlgorithm::crc64nvme},
     {"SHA1", DigestAlgorithm::sha1},
     {"SHA256", DigestAlgorithm::sha256}}};

bool is_tag_of_bytes(const schema::ObjectInfo& object) {
    return object.encryption.empty() || object.encryption == schema::encrypted_by_service;
}

}  // namespace

ContentCheck::ContentCheck(schema::ObjectInfo object, std::vector<std::uint64_t> parts)
    : object_(std::move(object)), parts_(std::move(parts)) {
    if (is_tag_of_bytes(object_))
        add(std::string(tag_name), object_.etag, DigestAlgorithm::md5, !parts_.empty());
    for (const auto& checksum : object_.checksums) {
        const auto* known = std::ranges::find(algorithms, checksum.algorithm,
                                              &std::pair<std::string_view, DigestAlgorithm>::first);
        if (known == algorithms.end()) continue;
        add(checksum.algorithm, checksum.value, known->second, !object_.checksum_type.empty());
    }
    if (!parts_.empty()) left_ = parts_.front();
}

void ContentCheck::add(std::string name, const std::string& value, DigestAlgorithm algorithm,
                       bool is_of_parts) {
    stated_.push_back({.name = std::move(name),
                       .value = value,
                       .algorithm = algorithm,
                       .is_of_parts = is_of_parts,
                       .whole = Digest(algorithm),
                       .part = Digest(algorithm)});
}

void ContentCheck::update(std::string_view bytes) {
    bytes_ += bytes.size();
    for (auto& stated : stated_) {
        if (!stated.is_of_parts) stated.whole.update(bytes);
    }
    while (part_ < parts_.size() && (!bytes.empty() || left_ == 0)) {
        const auto now = bytes.substr(0, left_);
        for (auto& stated : stated_) {
            if (stated.is_of_parts) stated.part.update(now);
        }
        bytes.remove_prefix(now.size());
        left_ -= now.size();
        if (left_ == 0) end_part();
    }
}

void ContentCheck::end_part() {
    for (auto& stated : stated_) {
        if (!stated.is_of_parts) continue;
        stated.whole.update(std::exchange(stated.part, Digest(stated.algorithm)).finish());
    }
    ++part_;
    if (part_ < parts_.size()) left_ = parts_[part_];
}

std::string ContentCheck::text_of(Stated& stated) const {
    const std::string digest = stated.whole.finish();
    std::string text = stated.name == tag_name ? to_hex(digest) : to_base64(digest);
    if (stated.is_of_parts) text += fmt::format("-{}", parts_.size());
    return text;
}

std::vector<std::string> ContentCheck::finish() {
    std::vector<std::string> faults;
    update({});  // Parts without bytes.
    if (bytes_ != object_.size_bytes)
        faults.push_back(fmt::format("it has {} bytes, not {}", bytes_, object_.size_bytes));
    for (auto& stated : stated_) {
        const std::string text = text_of(stated);
        if (text == stated.value) continue;
        faults.push_back(
            fmt::format("its {} is {}, that of its bytes {}", stated.name, stated.value, text));
    }
    return faults;
}

}  // namespace onput::ctl
