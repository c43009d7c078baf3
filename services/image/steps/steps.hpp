// The steps of a recipe, one file each. A step changes the picture, or fails: invalid_argument
// `bad_recipe` or `bad_watermark` when it asks for what cannot be, job_memory, internal.
//
// Steps are lazy: pixels are computed by the encoder, or by a step that has to look at them.
#pragma once

#include "common/base/result.hpp"
#include "common/recipe/recipe.hpp"
#include "services/image/picture.hpp"
#include "services/image/watermarks.hpp"

namespace onput::image {

Result<void> apply(const recipe::ResizeStep& step, Picture& picture);
Result<void> apply(const recipe::FitStep& step, Picture& picture);
Result<void> apply(const recipe::FillStep& step, Picture& picture);
Result<void> apply(const recipe::CropStep& step, Picture& picture);
Result<void> apply(const recipe::RotateStep& step, Picture& picture);
Result<void> apply(const recipe::WatermarkStep& step, Picture& picture, Watermarks& watermarks);
Result<void> apply(const recipe::PixelateStep& step, Picture& picture);
Result<void> apply(const recipe::GrayscaleStep& step, Picture& picture);
Result<void> apply(const recipe::StripStep& step, Picture& picture);

// To this size, whatever the proportions: what resize, fit and fill have in common.
Result<void> scale_picture(Picture& picture, Size size);

// The same part of every page: where the first page is most interesting, for entropy and attention.
Result<void> crop_picture(Picture& picture, Size size, recipe::CropFocus focus);

// As the EXIF orientation says, which it then says no more. In memory.
Result<Image> turned_upright(const Image& image);

// The metadata that goes into a derivative, on `image`, which is about to be encoded: the photo's
// without what the strip step says. Never the embedded thumbnail, which shows the photo before all
// steps, and never the maker's note, which no one else can vouch for.
Result<Image> dress(const Image& image, const Picture& picture);

// True when the encoder need not write any metadata.
bool is_bare(const Picture& picture);

}  // namespace onput::image
