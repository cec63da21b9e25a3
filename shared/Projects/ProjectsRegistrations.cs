using Microsoft.Extensions.DependencyInjection;

namespace Portal.Projects;

/// <summary>Registers projects with their milestones, tasks and templates.</summary>
public static class ProjectsRegistrations
{
    public static IServiceCollection AddProjects(this IServiceCollection services)
    {
        return services
            .AddSingleton<ProjectMembershipQuery>().AddSingleton<ProjectStore>().AddSingleton<ProjectListQuery>()
            .AddSingleton<MemberStore>().AddSingleton<ParticipationTransitions>().AddSingleton<TemplateStore>()
            .AddSingleton<ApplyTemplate>().AddSingleton<MilestoneStore>().AddSingleton<TaskStore>().AddSingleton<TaskListQuery>()
            .AddSingleton<TaskStatusTransitions>().AddSingleton<ChangeTaskStatuses>()
            .AddSingleton<TaskLinkStore>().AddSingleton<ProjectProgressStore>();
    }
}
