// One parser per step, in groups of one file each. The value of `"resize": {...}` in, the step or
// its first mistake out. Internal to the folder; pure.
#pragma once

#include "common/base/result.hpp"
#include "common/recipe/field_reader.hpp"
#include "common/recipe/recipe.hpp"

namespace onput::recipe {

// steps_size.cpp
Result<Step> parse_resize(FieldReader& fields);
Result<Step> parse_fit(FieldReader& fields);
Result<Step> parse_fill(FieldReader& fields);
Result<Step> parse_crop(FieldReader& fields);
// steps_turn.cpp
Result<Step> parse_rotate(FieldReader& fields);
Result<Step> parse_autorotate(FieldReader& fields);
// steps_mark.cpp
Result<Step> parse_watermark(FieldReader& fields);
// steps_look.cpp
Result<Step> parse_pixelate(FieldReader& fields);
Result<Step> parse_grayscale(FieldReader& fields);
// steps_output.cpp
Result<Step> parse_format(FieldReader& fields);
Result<Step> parse_strip(FieldReader& fields);

// 3 to 63 of a-z, 0-9, dots and hyphens. In steps_mark.cpp.
bool is_bucket_name(std::string_view text);

// One of a derivative's steps: {"fit": {...}}. `place` is "derivative 'web', step 2".
Result<Step> parse_step(const JsonValue& value, const std::string& place);

}  // namespace onput::recipe
