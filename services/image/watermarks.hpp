// The watermark images of a job, each decoded once, when a step first asks for it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/vips_image.hpp"

namespace onput::image {

// A watermark is a stranger's file as much as a photo is.
inline constexpr recipe::Limits watermark_limits{
    .bytes = 16ULL << 20, .pixels = 16'000'000, .pages = 1};

class Watermarks {
public:
    // The bytes outlive this.
    using Objects = std::map<std::string, std::string_view>;  // By "s3://bucket/key".
    explicit Watermarks(Objects objects) : objects_(std::move(objects)) {}

    // Upright sRGB with alpha, in memory. bad_watermark when it is not there or not an image.
    Result<Image> find(const std::string& name);

private:
    Objects objects_;
    std::map<std::string, Image> decoded_;
};

}  // namespace onput::image
