using System.Globalization;

namespace Portal.Operations.Objectives;

/// <summary>Objectives in words, for the page of people on call and their mails.</summary>
public static class ObjectiveWords
{
    public static string Target(ServiceObjective objective) => objective.Budget switch
    {
        ErrorBudget.Share share => string.Create(CultureInfo.InvariantCulture, $"target {share.Target * 100:0.###} %"),
        ErrorBudget.Most most => $"at most {most.ADay} a day",
        _ => "",
    };

    /// <summary>Below nothing it is overspent, and by how much: "-502.4 % is left" is no sentence.</summary>
    public static string Left(decimal left) => left switch
    {
        < 0 => string.Create(CultureInfo.InvariantCulture, $"The budget is overspent: {1 - left:0.#} times of it is used."),
        _ => $"{Share(left)} of the budget is left.",
    };

    public static string Share(decimal share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.#} %");
}
