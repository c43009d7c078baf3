#include "services/image/watermarks.hpp"

#include <vips/vips.h>

#include "services/image/color_space.hpp"
#include "services/image/decode.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

Result<Image> decode_mark(std::string_view bytes) {
    ONPUT_TRY(const PhotoHeader header, read_header(bytes, watermark_limits));
    ONPUT_TRY(const DecodedPhoto photo, decode(header, bytes, 1));
    ONPUT_TRY(const Image upright, turned_upright(photo.pages.front()));
    ONPUT_TRY(const Image colors, to_srgb(upright));
    ONPUT_TRY(const Image mark, with_alpha(colors));
    return in_memory(mark);
}

}  // namespace

Result<Image> Watermarks::find(const std::string& name) {
    const auto known = decoded_.find(name);
    if (known != decoded_.end()) return known->second;
    const auto object = objects_.find(name);
    if (object == objects_.end()) {
        return fail(ErrorCode::invalid_argument, "the watermark " + name + " is not there",
                    "bad_watermark");
    }
    auto mark = decode_mark(object->second);
    if (!mark) {
        Error error = std::move(mark.error()).with_context("the watermark " + name);
        if (error.code == ErrorCode::invalid_argument) error.reason = "bad_watermark";
        return std::unexpected(std::move(error));
    }
    decoded_.emplace(name, *mark);
    return *mark;
}

}  // namespace onput::image
