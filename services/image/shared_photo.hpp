// The decoded photo that all derivatives of a job start from, at the sizes they start at.
//
//     decoded once, at the largest size that any derivative wants
//        |- upright --- a half --- a quarter ...     each made when first asked for, from the last
//        '- as stored - a half --- ...               only for derivatives with autorotate: false
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/base/result.hpp"
#include "services/image/decode.hpp"

namespace onput::image {

enum class Turn : std::uint8_t { upright, as_stored };

class SharedPhoto {
public:
    using Pages = std::vector<Image>;  // In memory.

    // Decoded with each side divided by `scale`.
    SharedPhoto(DecodedPhoto photo, std::uint32_t scale, std::uint32_t orientation);

    // `scale` is a power of two, not below the decoded one.
    Result<Pages> find(Turn turn, std::uint32_t scale);

    [[nodiscard]] bool is_gray() const { return is_gray_; }

private:
    Result<Pages> make_upright() const;

    bool is_gray_;
    bool needs_turn_;
    std::uint32_t scale_;
    std::map<std::pair<Turn, std::uint32_t>, Pages> made_;
};

}  // namespace onput::image
