using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Freehold.Answers;

/// <summary>Registers answers.</summary>
public static class AnswersServiceCollectionExtensions
{
    /// <summary>Settings: <c>Answers</c>.</summary>
    public static IServiceCollection AddAnswers(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AnswersOptions>().Bind(configuration.GetSection("Answers")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AnswersOptions>, AnswersOptionsValidator>();
        services.AddTransient<AnswerQuestion>();
        return services;
    }
}
