// 管理界面：人员、岗位、账号与授权。
export const people = {}
