// ContentCheck: are the bytes of one version what its entity tag and its checksums say? Pure: it is
// fed the bytes in their order, as clients read them. For `onput fsck --contents`.
//
// What S3 makes of the parts of an upload is made of them here as well: the tag is the MD5 of the
// parts' MD5s, a COMPOSITE checksum that of their checksums. The tag of what KMS or a client's own
// key seals says nothing of the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/digest.hpp"
#include "common/schema/storage_objects.hpp"

namespace onput::ctl {

class ContentCheck {
public:
    // `parts`: the sizes of an upload's parts, in order; empty: it was none.
    ContentCheck(schema::ObjectInfo object, std::vector<std::uint64_t> parts);

    void update(std::string_view bytes);
    // Once, behind the last bytes: what does not fit, a sentence each.
    [[nodiscard]] std::vector<std::string> finish();

private:
    // One digest that the version states.
    struct Stated {
        std::string name;  // "ETag", "CRC32"
        std::string value;
        DigestAlgorithm algorithm = DigestAlgorithm::md5;
        bool is_of_parts = false;
        Digest whole;
        Digest part;  // Of the one under way; those before it are in `whole`.
    };
    void add(std::string name, const std::string& value, DigestAlgorithm algorithm,
             bool is_of_parts);
    void end_part();
    [[nodiscard]] std::string text_of(Stated& stated) const;

    schema::ObjectInfo object_;
    std::vector<std::uint64_t> parts_;
    std::size_t part_ = 0;
    std::uint64_t left_ = 0;  // Of that part.
    std::uint64_t bytes_ = 0;
    std::vector<Stated> stated_;
};

}  // namespace onput::ctl
