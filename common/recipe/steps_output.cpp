// format, strip: what is written at the end.
#include <array>

#include "common/recipe/step_parsers.hpp"

namespace onput::recipe {
namespace {

constexpr std::array<Choice<ImageFormat>, 6> formats{{{"jpeg", ImageFormat::jpeg},
                                                      {"jpg", ImageFormat::jpeg},
                                                      {"png", ImageFormat::png},
                                                      {"webp", ImageFormat::webp},
                                                      {"avif", ImageFormat::avif},
                                                      {"gif", ImageFormat::gif}}};

bool has_quality(ImageFormat format) {
    return format != ImageFormat::png && format != ImageFormat::gif;
}

}  // namespace

Result<Step> parse_format(FieldReader& fields) {
    FormatStep step;
    fields.choice<ImageFormat>("type", step.type, formats);
    fields.number("quality", step.quality, {1, quality_max});
    fields.number("max_bytes", step.max_bytes, {format_bytes_min, format_bytes_max});
    fields.color("background", step.background, ColorKind::opaque);
    ONPUT_TRY_VOID(fields.finish());
    if (!fields.has("type")) return refuse(fields.place(), "'type' is missing");
    if (step.quality != 0 && !has_quality(step.type))
        return refuse(fields.place(), "'quality' goes with jpeg, webp and avif only");
    if (step.quality != 0 && step.max_bytes != 0)
        return refuse(fields.place(), "'quality' and 'max_bytes' exclude each other");
    if (fields.has("background") && step.type != ImageFormat::jpeg)
        return refuse(fields.place(), "'background' goes with jpeg only");
    return step;
}

Result<Step> parse_strip(FieldReader& fields) {
    StripStep step;
    fields.flag("exif", step.exif);
    fields.flag("profile", step.profile);
    fields.flag("gps", step.gps);
    ONPUT_TRY_VOID(fields.finish());
    // GPS is a part of EXIF: a configuration that wants to keep it must keep EXIF too.
    if (step.exif && !step.gps)
        return refuse(fields.place(), "'gps' cannot stay where 'exif' goes");
    return step;
}

}  // namespace onput::recipe
