#include "services/image/transform.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "services/image/color.hpp"
#include "services/image/color_space.hpp"
#include "services/image/decode.hpp"
#include "services/image/encode.hpp"
#include "services/image/facts.hpp"
#include "services/image/scale_plan.hpp"
#include "services/image/shared_photo.hpp"
#include "services/image/steps/steps.hpp"

namespace onput::image {
namespace {

// Of a derivative, before its steps run.
struct Start {
    Turn turn = Turn::upright;
    Size size;
    std::uint32_t scale = 1;
};

// A photo that nothing is made of is decoded all the same, to be known as valid.
constexpr std::uint32_t scale_to_look = 8;

Start plan_start(const recipe::Derivative& derivative, const PhotoHeader& header) {
    const bool upright = is_turned_upright(derivative.steps);
    const bool is_on_its_side = header.orientation >= 5;
    const Size size = turned_size(header.size, upright && is_on_its_side ? 1 : 0);
    // Pages of a moving picture lie in one image, in which a block would reach across pages.
    const std::uint32_t scale = header.is_animated ? 1 : plan_scale(derivative.steps, size);
    return {.turn = upright ? Turn::upright : Turn::as_stored, .size = size, .scale = scale};
}

std::uint32_t decoded_scale(const std::vector<Start>& starts, const PhotoHeader& header) {
    if (header.is_animated) return 1;
    const std::uint32_t shortest = std::min(header.size.width, header.size.height);
    std::uint32_t scale = shortest >= 2 * scale_to_look ? scale_to_look : 1;
    for (const Start& start : starts) scale = std::min(scale, start.scale);
    return scale;
}

// Runs one step, or notes the format that the derivative ends in.
class StepRunner {
public:
    StepRunner(Picture& picture, Watermarks& watermarks)
        : picture_(picture), watermarks_(watermarks) {}

    Result<void> operator()(const recipe::FormatStep& step) {
        format_ = step;
        return {};
    }
    // Done already, see plan_start().
    Result<void> operator()(const recipe::AutorotateStep& /*step*/) { return {}; }
    Result<void> operator()(const recipe::WatermarkStep& step) {
        return apply(step, picture_, watermarks_);
    }
    Result<void> operator()(const auto& step) { return apply(step, picture_); }

    [[nodiscard]] recipe::FormatStep format() const {
        return format_.value_or(default_format(picture_));
    }

private:
    Picture& picture_;
    Watermarks& watermarks_;
    std::optional<recipe::FormatStep> format_;
};

// A still picture is all that the derivative's format takes.
bool wants_all_pages(const recipe::Derivative& derivative) {
    return std::ranges::any_of(derivative.steps, [](const recipe::Step& step) {
        const auto* format = std::get_if<recipe::FormatStep>(&step);
        return format != nullptr && (format->type == recipe::ImageFormat::gif ||
                                     format->type == recipe::ImageFormat::webp);
    });
}

Result<Encoded> make_derivative(const recipe::Derivative& derivative, Picture picture,
                                Watermarks& watermarks) {
    if (!wants_all_pages(derivative)) picture.pages.resize(1);
    StepRunner run(picture, watermarks);
    for (std::size_t i = 0; i < derivative.steps.size(); ++i) {
        auto done = std::visit(run, derivative.steps[i]);
        if (done) continue;
        return std::unexpected(std::move(done.error())
                                   .with_context(fmt::format("step {} ({})", i + 1,
                                                             info_of(derivative.steps[i]).name)));
    }
    auto encoded = encode(picture, run.format());
    if (encoded) return encoded;
    return std::unexpected(std::move(encoded.error()).with_context("format"));
}

// Nothing that another photo, or the other derivatives of this one, would suffer from.
bool is_impossible(const Error& error) {
    return error.reason == "bad_recipe" || error.reason == "job_memory";
}

OmittedDerivative omit(const std::string& name, const Error& why) {
    return {.name = name, .reason = why.reason, .message = why.message};
}

// A photo that only moves beyond the limits is refused when only moving pictures are asked for.
Result<void> check_pages(const recipe::Recipe& recipe, const PhotoHeader& header) {
    if (!header.only_first_page || recipe.derivatives.empty()) return {};
    if (!std::ranges::all_of(recipe.derivatives, wants_all_pages)) return {};
    return std::unexpected(*header.only_first_page);
}

DerivativeResult describe(const std::string& name, const Encoded& encoded) {
    return {.name = name,
            .content_type = std::string(recipe::content_type_of(encoded.format)),
            .extension = std::string(recipe::extension_of(encoded.format)),
            .bytes = encoded.bytes.size(),
            .width = encoded.size.width,
            .height = encoded.size.height,
            .pages = encoded.pages,
            .quality = encoded.quality};
}

Result<std::string> look_for_color(const Image& page) {
    // A profile changes hues little enough for this; converting all pixels would cost more than
    // the rest of a thumbnail.
    const PixelView view{.bytes = page.pixels(), .size = page.size(), .bands = page.bands()};
    return to_string(dominant_color(view));
}

}  // namespace

Result<Transformed> transform(const recipe::Recipe& recipe, std::string_view photo,
                              Watermarks::Objects watermark_objects) {
    ONPUT_TRY(const PhotoHeader header, read_header(photo, recipe.limits));
    ONPUT_TRY_VOID(check_pages(recipe, header));
    std::vector<Start> starts;
    starts.reserve(recipe.derivatives.size());
    for (const recipe::Derivative& derivative : recipe.derivatives) {
        starts.push_back(plan_start(derivative, header));
    }
    const std::uint32_t scale = decoded_scale(starts, header);
    ONPUT_TRY(DecodedPhoto decoded, decode(header, photo, scale));

    Transformed transformed;
    transformed.result.photo = read_facts(header);
    ONPUT_TRY(transformed.result.photo.dominant_color, look_for_color(decoded.pages.front()));

    SharedPhoto shared(std::move(decoded), scale, header.orientation);
    std::optional<Error> first_failure;
    Watermarks watermarks(std::move(watermark_objects));
    for (std::size_t i = 0; i < recipe.derivatives.size(); ++i) {
        const recipe::Derivative& derivative = recipe.derivatives[i];
        if (header.only_first_page && wants_all_pages(derivative)) {
            transformed.result.omitted.push_back(omit(derivative.name, *header.only_first_page));
            continue;
        }
        ONPUT_TRY(auto pages, shared.find(starts[i].turn, starts[i].scale));
        const Picture picture{
            .pages = std::move(pages),
            .size = starts[i].size,
            .is_gray = shared.is_gray(),
            .metadata = header.image,
            // A decoder that has turned it leaves nothing to turn, whatever EXIF says.
            .is_upright = starts[i].turn == Turn::upright || header.orientation == 1,
            .pixels_max = recipe.limits.pixels};
        auto encoded = make_derivative(derivative, picture, watermarks);
        if (!encoded) {
            transformed.result.omitted.push_back(omit(derivative.name, encoded.error()));
            Error failure = std::move(encoded.error())
                                .with_context(fmt::format("derivative '{}'", derivative.name));
            if (!is_impossible(failure)) return std::unexpected(std::move(failure));
            if (!first_failure) first_failure = std::move(failure);
            continue;
        }
        transformed.result.derivatives.push_back(describe(derivative.name, *encoded));
        transformed.files.push_back(std::move(encoded->bytes));
    }
    if (first_failure && transformed.files.empty()) return std::unexpected(*first_failure);
    return transformed;
}

}  // namespace onput::image
