#include "services/image/shared_photo.hpp"

#include <utility>

#include "common/base/check.hpp"
#include "services/image/halve.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {

SharedPhoto::SharedPhoto(DecodedPhoto photo, std::uint32_t scale, std::uint32_t orientation)
    : is_gray_(photo.is_gray), needs_turn_(orientation != 1), scale_(scale) {
    made_.emplace(std::pair(Turn::as_stored, scale), std::move(photo.pages));
}

Result<SharedPhoto::Pages> SharedPhoto::find(Turn turn, std::uint32_t scale) {
    ONPUT_CHECK(scale >= scale_);
    if (!needs_turn_) turn = Turn::as_stored;
    const auto known = made_.find({turn, scale});
    if (known != made_.end()) return known->second;
    Pages pages;
    if (scale == scale_) {
        ONPUT_TRY(pages, make_upright());
    } else {
        ONPUT_TRY(const Pages larger, find(turn, scale / 2));
        for (const Image& page : larger) {
            ONPUT_TRY(Image half, halved(page));
            pages.push_back(std::move(half));
        }
    }
    made_.emplace(std::pair(turn, scale), pages);
    return pages;
}

Result<SharedPhoto::Pages> SharedPhoto::make_upright() const {
    Pages pages;
    for (const Image& page : made_.at({Turn::as_stored, scale_})) {
        ONPUT_TRY(Image upright, turned_upright(page));
        pages.push_back(std::move(upright));
    }
    return pages;
}

}  // namespace onput::image
